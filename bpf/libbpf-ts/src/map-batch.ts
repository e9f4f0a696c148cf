import { constants } from "node:os";
import { BpfError, type Operation } from "./bpf-error.ts";
import { BATCH_OPTIONS, bpfMapDeleteBatch, bpfMapLookupAndDeleteBatch, bpfMapLookupBatch, options } from "./libbpf.ts";
import type { NativeFunction } from "./native.ts";
import { requireBytes, type BpfMap } from "./map.ts";

/**
 * The buffers that batches are read into: keys of `keyBytes` one after another, and values of
 * `userValueBytes`. They should have room for `maxEntries`: the kernel reads whole hash buckets,
 * and gives ENOSPC if one does not fit.
 */
export interface BatchBuffers {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
}

export interface Batch {
  /** entries read, from the start of the buffers */
  readonly count: number;
  /** position of the next batch; undefined at the end of the map */
  readonly next: BatchPosition | undefined;
}

/** A position in a map, as the kernel returned it. It has no meaning elsewhere. */
export type BatchPosition = Uint8Array;

/**
 * Reads entries from `from`, or from the start (BPF_MAP_LOOKUP_BATCH). For hash and array maps
 * (per-CPU arrays since 5.13). Throws BpfError.
 */
export function lookupBatch(map: BpfMap, into: BatchBuffers, from?: BatchPosition): Batch {
  return readBatch("BPF_MAP_LOOKUP_BATCH", bpfMapLookupBatch, map, into, from);
}

/**
 * Reads entries as `lookupBatch` does, and removes them from the map
 * (BPF_MAP_LOOKUP_AND_DELETE_BATCH). For hash maps only.
 */
export function lookupAndDeleteBatch(map: BpfMap, into: BatchBuffers, from?: BatchPosition): Batch {
  return readBatch("BPF_MAP_LOOKUP_AND_DELETE_BATCH", bpfMapLookupAndDeleteBatch, map, into, from);
}

/**
 * Deletes the first `count` keys, up to the first that is absent (BPF_MAP_DELETE_BATCH). Returns
 * how many it deleted.
 */
export function deleteBatch(map: BpfMap, keys: Uint8Array, count: number): number {
  requireBytes("batch of keys", keys, count * map.keyBytes);
  const counter = new Uint32Array([count]);
  const result = bpfMapDeleteBatch(map.fd, keys, counter, options(BATCH_OPTIONS, {}));
  endOfMap("BPF_MAP_DELETE_BATCH", result, map);
  return counter[0] ?? 0;
}

/** Hash maps keep a u32 bucket in a position, other maps a key. */
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

/** True at the end of the map: ENOENT. Entries read before that count as read. */
function endOfMap(operation: Operation, result: number, map: BpfMap): boolean {
  if (result >= 0) return false;
  if (-result === constants.errno.ENOENT) return true;
  throw new BpfError(operation, -result, `map "${map.name}"`);
}
