import { lookupAndDeleteBatch, type BatchBuffers, type BatchPosition, type BpfMap } from "libbpf-ts";
import type { AggregateLayout } from "../compile/object-spec.ts";
import type { DrainedRow } from "./loaded-object.ts";
import { mergeSlots } from "./merge-slots.ts";

/**
 * Reads and empties a per-CPU hash that no program writes to any more, in batches. Taking entries out of a map in use would lose
 * what is added between the read and the removal, which is why there are two generations.
 */
export function drainKeys(map: BpfMap, aggregates: readonly AggregateLayout[]): readonly DrainedRow[] {
  const buffers = batchBuffers(map);
  const rows: DrainedRow[] = [];
  let position: BatchPosition | undefined;
  do {
    const batch = lookupAndDeleteBatch(map, buffers, position);
    for (let index = 0; index < batch.count; index++) rows.push(readRow(map, buffers, index, aggregates));
    position = batch.next;
  } while (position !== undefined);
  return rows;
}

/**
 * One pair of buffers for all maps of a process: reading is synchronous, and room for the largest map is what a batch needs (the
 * kernel gives whole buckets, and ENOSPC where one does not fit).
 */
let shared: BatchBuffers = { keys: new Uint8Array(0), values: new Uint8Array(0) };

function batchBuffers(map: BpfMap): BatchBuffers {
  const keyBytes = map.keyBytes * map.maxEntries;
  const valueBytes = map.userValueBytes * map.maxEntries;
  shared = {
    keys: shared.keys.byteLength < keyBytes ? new Uint8Array(keyBytes) : shared.keys,
    values: shared.values.byteLength < valueBytes ? new Uint8Array(valueBytes) : shared.values,
  };
  return { keys: shared.keys.subarray(0, keyBytes), values: shared.values.subarray(0, valueBytes) };
}

function readRow(
  map: BpfMap,
  { keys, values }: BatchBuffers,
  index: number,
  aggregates: readonly AggregateLayout[],
): DrainedRow {
  const strideBytes = Math.ceil(map.valueBytes / 8) * 8;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const value = { view, start: index * map.userValueBytes, strideBytes, cpus: map.userValueBytes / strideBytes };
  return {
    key: keys.slice(index * map.keyBytes, (index + 1) * map.keyBytes),
    values: mergeSlots(aggregates, value, 0),
  };
}
