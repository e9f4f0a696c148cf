/**
 * C for programs with static probes, as the macros of systemtap's sys/sdt.h write them, so that no
 * package of it is needed: `PROBE(provider, name, "-4@%0 8@%1", "nor"(x), "nor"(y))`, and
 * `PROBE_WITH_SEMAPHORE` for one that is skipped while nobody listens, whose semaphore
 * `SEMAPHORE(provider, name)` defines.
 */
export const STATIC_PROBE_MACROS = String.raw`
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define NOTE(provider, name, semaphore, arguments, ...)                                                        \
  __asm__ volatile("990: nop\n"                                                                               \
                   ".pushsection .note.stapsdt,\"\",\"note\"\n"                                               \
                   ".balign 4\n"                                                                              \
                   ".4byte 992f-991f, 994f-993f, 3\n"                                                         \
                   "991: .asciz \"stapsdt\"\n"                                                                \
                   "992: .balign 4\n"                                                                         \
                   "993: .8byte 990b\n"                                                                       \
                   ".8byte _.stapsdt.base\n"                                                                  \
                   ".8byte " semaphore "\n"                                                                   \
                   ".asciz \"" TEXT(provider) "\"\n"                                                          \
                   ".asciz \"" TEXT(name) "\"\n"                                                              \
                   ".asciz \"" arguments "\"\n"                                                               \
                   "994: .balign 4\n"                                                                         \
                   ".popsection\n"                                                                            \
                   ".ifndef _.stapsdt.base\n"                                                                 \
                   ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                    \
                   ".weak _.stapsdt.base\n"                                                                   \
                   ".hidden _.stapsdt.base\n"                                                                 \
                   "_.stapsdt.base: .space 1\n"                                                               \
                   ".size _.stapsdt.base, 1\n"                                                                \
                   ".popsection\n"                                                                            \
                   ".endif\n" ::__VA_ARGS__)
#define PROBE(provider, name, arguments, ...) NOTE(provider, name, "0", arguments, __VA_ARGS__)
#define SEMAPHORE(provider, name)                                                                              \
  __attribute__((section(".probes"), used)) volatile unsigned short provider##_##name##_semaphore
#define IS_WATCHED(provider, name) (provider##_##name##_semaphore != 0)
#define PROBE_WITH_SEMAPHORE(provider, name, arguments, ...)                                                   \
  NOTE(provider, name, TEXT(provider##_##name##_semaphore), arguments, __VA_ARGS__)
`;
