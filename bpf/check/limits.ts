/** Bytes that a string of unknown length may take in a record, and in a key, with its NUL. */
export const RECORD_STRING_BYTES = 4096;
export const KEY_STRING_BYTES = 256;

/**
 * Bytes that a string of unknown length may take among the values that a span keeps, and in what it matches by; and what all kept values may
 * take. Those of a thread lie in its storage, those found by a match are built and read on the stack.
 */
export const THREAD_KEEP_STRING_BYTES = 256;
export const THREAD_KEEP_BYTES = 2048;
export const MATCHED_KEEP_STRING_BYTES = 128;
export const MATCHED_KEEP_BYTES = 256;
export const MATCH_STRING_BYTES = 128;
export const MATCH_BYTES = 128;

/** What a literal may have that something is compared with: it is compared on the stack. */
export const COMPARED_BYTES = 256;

/** Kernels before 5.14 take no longer keys than the stack is (htab_map_alloc_check in kernel/bpf/hashtab.c). */
export const KEY_BYTES = 512;
/** What follows a key in the map of a histogram's buckets: u32 index of the aggregate << 16 | bucket. */
export const BUCKET_KEY_BYTES = 4;

/** The frames of a stack: kernel.perf_event_max_stack, which is the most that the kernel walks, is 127 unless it was changed. */
export const STACK_FRAMES = 127;

/**
 * What a record may take in all, with room to spare for the longest of its strings: a per-CPU value has at most 32 KiB (PCPU_MIN_UNIT_SIZE
 * of include/linux/percpu.h).
 */
export const RECORD_BYTES = 28_000;

/** Of a process's arguments that `argv` joins. */
export const MOST_ARGUMENTS = 256;
