import { lookupBatch, type BatchPosition, type BpfMap } from "libbpf-ts";

/**
 * Entries that are read at a time: the kernel gives whole buckets, which have a few entries each.
 */
const BATCH = 4096;

/** One entry of a hash; both views are valid until the next one is asked for. */
export interface MapEntry {
  readonly key: Uint8Array;
  readonly value: DataView;
}

/**
 * Yields all entries of a hash that is in use. An entry that comes or goes meanwhile may be among
 * them or not. Throws BpfError.
 */
export function* entriesOf(map: BpfMap): Iterable<MapEntry> {
  const { keyBytes, maxEntries, userValueBytes } = map;
  const room = Math.min(BATCH, maxEntries);
  const keys = new Uint8Array(keyBytes * room);
  const values = new Uint8Array(userValueBytes * room);
  let position: BatchPosition | undefined;
  do {
    const batch = lookupBatch(map, { keys, values }, position);
    for (let index = 0; index < batch.count; index++) {
      yield {
        key: keys.subarray(index * keyBytes, (index + 1) * keyBytes),
        value: new DataView(values.buffer, index * userValueBytes, userValueBytes),
      };
    }
    position = batch.next;
  } while (position !== undefined);
}
