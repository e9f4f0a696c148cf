import type { BpfMap } from "./map.ts";
import { mapShared, type MappedMemory } from "./memory.ts";
import { pageBytes } from "./page.ts";

/**
 * Maps the values of an array map made with `MAP_FLAGS.MMAPABLE` into memory, one after another,
 * each rounded up to 8 bytes. Changes by programs are visible at once, without a call. Throws
 * BpfError.
 */
export function mapMemory(map: BpfMap): MappedMemory {
  const bytes = Math.ceil(map.valueBytes / 8) * 8 * map.maxEntries;
  const wholePages = Math.ceil(bytes / pageBytes()) * pageBytes();
  return mapShared({ fd: map.fd, bytes: wholePages, offset: 0, access: "read and write" }, `map "${map.name}"`);
}
