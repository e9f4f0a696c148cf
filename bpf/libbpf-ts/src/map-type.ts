/**
 * BPF_MAP_TYPE_* of include/uapi/linux/bpf.h. With `perCpu`, user space reads and writes one value
 * for each possible CPU.
 */
export const MAP_TYPES = {
  hash: { number: 1, perCpu: false },
  array: { number: 2, perCpu: false },
  prog_array: { number: 3, perCpu: false },
  perf_event_array: { number: 4, perCpu: false },
  percpu_hash: { number: 5, perCpu: true },
  percpu_array: { number: 6, perCpu: true },
  stack_trace: { number: 7, perCpu: false },
  lru_hash: { number: 9, perCpu: false },
  lru_percpu_hash: { number: 10, perCpu: true },
  lpm_trie: { number: 11, perCpu: false },
  array_of_maps: { number: 12, perCpu: false },
  hash_of_maps: { number: 13, perCpu: false },
  ring_buffer: { number: 27, perCpu: false },
  task_storage: { number: 29, perCpu: false },
  bloom_filter: { number: 30, perCpu: false },
} as const satisfies Readonly<Record<string, { readonly number: number; readonly perCpu: boolean }>>;

export type MapType = keyof typeof MAP_TYPES;

/** BPF_F_* for map creation. */
export const MAP_FLAGS = {
  NO_PREALLOC: 1 << 0,
  NO_COMMON_LRU: 1 << 1,
  NUMA_NODE: 1 << 2,
  RDONLY: 1 << 3,
  WRONLY: 1 << 4,
  RDONLY_PROG: 1 << 7,
  WRONLY_PROG: 1 << 8,
  MMAPABLE: 1 << 10,
  INNER_MAP: 1 << 12,
} as const;

/** The effect of an update on an existing key. */
export const UPDATE_FLAGS = { ANY: 0, NOEXIST: 1, EXIST: 2 } as const;
