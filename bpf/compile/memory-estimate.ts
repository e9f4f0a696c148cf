import type { MapSpec } from "./object-spec.ts";

/*
 * The kernel memory of maps, by the accounting of kernel/bpf/{hashtab,arraymap,ringbuf}.c and
 * measured on Linux 6.18. A hash element is 48 bytes of links and hash, key and value rounded to 8,
 * and 16 bytes of bucket for the next power of two of entries.
 */
const HASH_ELEMENT = 48;
const HASH_BUCKET = 16;
const PER_CPU_POINTER = 8;
const MAP_HEADER = 320;
const RING_HEADER_PAGES = 3;
/** Threads that are expected to hold a slot of a span at a time. */
const STORAGE_THREADS = 1024;
const STORAGE_ELEMENT = 64;

/** Returns the bytes that the maps of a rule will take, without the daemon's shared map. */
export const estimateMemory = (maps: readonly MapSpec[], possibleCpus: number, pageBytes: number): number =>
  maps.reduce((sum, map) => (map.shared === undefined ? sum + mapBytes(map, possibleCpus, pageBytes) : sum), 0);

/** Returns the bytes that one map will take. */
export function mapBytes(map: MapSpec, cpus: number, pageBytes: number): number {
  const key = word(map.keyBytes);
  const value = word(map.valueBytes);
  switch (map.type) {
    case "array":
      return MAP_HEADER + map.maxEntries * value;
    case "percpu_array":
      return MAP_HEADER + map.maxEntries * (PER_CPU_POINTER + value * cpus);
    case "hash":
    case "lru_hash":
      return MAP_HEADER + map.maxEntries * (HASH_ELEMENT + key + value) + buckets(map.maxEntries);
    case "percpu_hash":
      return (
        MAP_HEADER + map.maxEntries * (HASH_ELEMENT + key + PER_CPU_POINTER + value * cpus) + buckets(map.maxEntries)
      );
    case "ring_buffer":
      return map.maxEntries + RING_HEADER_PAGES * pageBytes;
    case "task_storage":
      return MAP_HEADER + STORAGE_THREADS * (STORAGE_ELEMENT + value);
  }
}

const word = (bytes: number): number => (bytes + 7) & ~7;

const buckets = (entries: number): number => HASH_BUCKET * 2 ** Math.ceil(Math.log2(Math.max(1, entries)));
