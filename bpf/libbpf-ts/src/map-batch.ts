import { constants } from "node:os";
import { BpfError, type Operation } from "./bpf-error.ts";
import { BATCH_OPTIONS, bpfMapDeleteBatch, bpfMapLookupAndDeleteBatch, bpfMapLookupBatch, options } from "./libbpf.ts";
import type { NativeFunction } from "./native.ts";
import { requireBytes, type BpfMap } from "./map.ts";

/**
 * Where batches are read into: keys of `keyBytes` one after the other, and values of `userValueBytes`. They should have room for
 * `maxEntries`: the kernel reads whole hash buckets and gives ENOSPC where one has no room.
 */
export interface BatchBuffers {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
}

export interface Batch {
  /** entries read, from the start of the buffers */
  readonly count: number;
  /** where to read on; undefined at the end of the map */
  readonly next: BatchPosition | undefined;
}

/** A place in a map as the kernel gave it; means nothing elsewhere. */
export type BatchPosition = Uint8Array;

/** BPF_MAP_LOOKUP_BATCH: reads entries from `from`, or from the start. Throws BpfError. Hash and array maps (per-CPU arrays since 5.13). */
export function lookupBatch(map: BpfMap, into: BatchBuffers, from?: BatchPosition): Batch {
  return readBatch("BPF_MAP_LOOKUP_BATCH", bpfMapLookupBatch, map, into, from);
}

/** BPF_MAP_LOOKUP_AND_DELETE_BATCH: as `lookupBatch`, and each entry leaves the map. Hash maps only. */
export function lookupAndDeleteBatch(map: BpfMap, into: BatchBuffers, from?: BatchPosition): Batch {
  return readBatch("BPF_MAP_LOOKUP_AND_DELETE_BATCH", bpfMapLookupAndDeleteBatch, map, into, from);
}

/** BPF_MAP_DELETE_BATCH of the first `count` keys. Ends at the first that is not there. Returns how many it deleted. */
export function deleteBatch(map: BpfMap, keys: Uint8Array, count: number): number {
  requireBytes("batch of keys", keys, count * map.keyBytes);
  const counter = new Uint32Array([count]);
  const result = bpfMapDeleteBatch(map.fd, keys, counter, options(BATCH_OPTIONS, {}));
  endOfMap("BPF_MAP_DELETE_BATCH", result, map);
  return counter[0] ?? 0;
}

/** Hash maps keep a u32 bucket in it, the others a key. */
const LEAST_POSITION_BYTES = 4;

function readBatch(
  operation: Operation,
  read: NativeFunction<number>,
  map: BpfMap,
  { keys, values }: BatchBuffers,
  from: BatchPosition | undefined,
): Batch {
  const room = Math.floor(Math.min(keys.byteLength / map.keyBytes, values.byteLength / map.userValueBytes));
  const count = new Uint32Array([room]);
  const next = new Uint8Array(Math.max(map.keyBytes, LEAST_POSITION_BYTES));
  const result = read(map.fd, from ?? null, next, keys, values, count, options(BATCH_OPTIONS, {}));
  const ended = endOfMap(operation, result, map);
  return { count: count[0] ?? 0, next: ended ? undefined : next };
}

/** ENOENT says that the map ended, and entries read before that count as read. */
function endOfMap(operation: Operation, result: number, map: BpfMap): boolean {
  if (result >= 0) return false;
  if (-result === constants.errno.ENOENT) return true;
  throw new BpfError(operation, -result, `map "${map.name}"`);
}
