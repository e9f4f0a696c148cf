/** The bytes of a string of unknown length in a record, and in a key, with its NUL. */
export const RECORD_STRING_BYTES = 4096;
export const KEY_STRING_BYTES = 256;

/**
 * The bytes of a string of unknown length among the values that a span keeps or matches by, and the
 * bytes of all its kept values. Values of spans matched by thread are in the thread's storage.
 * Values of spans found by a match are built and read on the stack.
 */
export const THREAD_KEEP_STRING_BYTES = 256;
export const THREAD_KEEP_BYTES = 2048;
export const MATCHED_KEEP_STRING_BYTES = 128;
export const MATCHED_KEEP_BYTES = 256;
export const MATCH_STRING_BYTES = 128;
export const MATCH_BYTES = 128;

/**
 * The longest literal that a string can be compared with, in bytes: it is compared on the stack.
 */
export const COMPARED_BYTES = 256;

/**
 * The longest key, in bytes. Kernels before 5.14 limit it to the size of the stack
 * (htab_map_alloc_check in kernel/bpf/hashtab.c).
 */
export const KEY_BYTES = 512;
/**
 * The bytes after a key in the map of a histogram's buckets: u32 index of the aggregate << 16 |
 * bucket.
 */
export const BUCKET_KEY_BYTES = 4;

/**
 * The frames of a call stack: the default of kernel.perf_event_max_stack, which is the most that
 * the kernel walks.
 */
export const STACK_FRAMES = 127;

/**
 * The bytes of a whole record. It leaves room for the longest string: a per-CPU value has at most
 * 32 KiB (PCPU_MIN_UNIT_SIZE of include/linux/percpu.h).
 */
export const RECORD_BYTES = 28_000;

/** The most arguments of a process that `argv` joins. */
export const MOST_ARGUMENTS = 256;
