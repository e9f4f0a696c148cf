const SHOWN_IN_HEADER = "write its number, from include/linux/sched.h of this kernel's source";
const BUILT_IN = "it is chosen when a kernel is built (its config file in /boot says how): write the number";

/**
 * Macros whose value differs between kernels from Linux 5.10 on and cannot be read from this one,
 * and what to write instead.
 */
export const UNSETTLED: ReadonlyMap<string, string> = new Map([
  ["HZ", `${BUILT_IN}; "elapsed" and "now" are in nanoseconds on every kernel`],
  ["CONFIG_HZ", BUILT_IN],
  ["NR_CPUS", BUILT_IN],
  ["CONFIG_NR_CPUS", BUILT_IN],
  // 0xa20 before 2973d8229b78 ("mm: discard __GFP_ATOMIC", 6.3), 0x820 since
  ["GFP_ATOMIC", 'test a flag that only it has: "flags & __GFP_HIGH"'],
  // with __GFP_NOWARN since 16f5dfbc851b ("gfp: include __GFP_NOWARN in GFP_NOWAIT")
  ["GFP_NOWAIT", 'test a flag that it lacks: "flags & __GFP_DIRECT_RECLAIM == 0"'],
  ["GFP_HIGHUSER_MOVABLE", 'test a flag that only it has: "flags & __GFP_MOVABLE"'],
  ["GFP_TRANSHUGE", 'test a flag that only it has: "flags & __GFP_COMP"'],
  ["GFP_TRANSHUGE_LIGHT", 'test a flag that only it has: "flags & __GFP_COMP"'],
  // 0x108 before 2500ad1c7fa4 ("ptrace: Don't change __state", 5.19), 8 since
  ["TASK_TRACED", 'write "__TASK_TRACED", a bit that it has everywhere'],
  ...["TASK_STATE_MAX", "TASK_RTLOCK_WAIT", "TASK_FREEZABLE", "TASK_FREEZABLE_UNSAFE", "TASK_FROZEN"].map(
    (name) => [name, SHOWN_IN_HEADER] as const,
  ),
  ...["PF_VCPU", "PF_IO_WORKER", "PF_USER_WORKER", "PF_USED_ASYNC", "PF_POSTCOREDUMP", "PF_FROZEN"].map(
    (name) => [name, SHOWN_IN_HEADER] as const,
  ),
  ...["PF_FREEZER_SKIP", "PF_SWAPWRITE", "PF_MEMALLOC_NOCMA", "PF_MEMALLOC_PIN", "PF_KCOMPACTD", "PF_UMH"].map(
    (name) => [name, SHOWN_IN_HEADER] as const,
  ),
]);
