import { constants } from "node:os";
import {
  BpfError,
  lookupAndDeleteBatch,
  type Batch,
  type BatchBuffers,
  type BatchPosition,
  type BpfMap,
} from "libbpf-ts";
import { aggregateRecord } from "../check/aggregate-functions.ts";
import { storedBytes } from "../compile/layout.ts";
import { BUCKET_MAPS, REGISTER_MAPS } from "../compile/maps.ts";
import type { AggregateLayout, KeyLayout, ObjectLayout } from "../compile/object-spec.ts";
import type { Generation } from "./generations.ts";
import type { DrainedRow } from "./loaded-object.ts";
import type { MergedSlots } from "./merged-slots.ts";
import { mergeSlots, type PerCpuValue } from "./merge-slots.ts";

/**
 * Reads and empties the hashes of a generation that programs no longer write to, in batches. Taking
 * entries out of a map in use would lose what is added between the read and the removal. That is
 * why there are two generations.
 */
export class KeysReader {
  readonly #layout: ObjectLayout;
  readonly #key: KeyLayout;
  readonly #find: (name: string) => BpfMap | undefined;

  /** @param find returns undefined for a map that the rule does not have */
  constructor(layout: ObjectLayout, key: KeyLayout, find: (name: string) => BpfMap | undefined) {
    this.#layout = layout;
    this.#key = key;
    this.#find = find;
  }

  drain(idle: Generation): readonly DrainedRow[] {
    const rows = new Rows(this.#key.bytes, this.#layout.aggregates);
    this.#drainStored(rows, "slots", this.#key.maps[idle]);
    this.#drainStored(rows, "registers", REGISTER_MAPS[idle]);
    const buckets = this.#find(BUCKET_MAPS[idle]);
    if (buckets !== undefined) drainEntries(buckets, (key, { view, start }) => rows.addBucket(key, view, start));
    return rows.finish();
  }

  #drainStored(rows: Rows, storage: "slots" | "registers", name: string): void {
    const map = this.#find(name);
    if (map === undefined) return;
    const { aggregates } = this.#layout;
    const kept = aggregates.filter((layout) => layout.storage === storage);
    const before = storage === "slots" ? 0 : storedBytes(aggregates, "slots");
    drainEntries(map, (key, value) => {
      const merged = mergeSlots(kept, value, -before);
      const row = rows.of(key);
      kept.forEach((layout, index) => (row[aggregates.indexOf(layout)] = merged[index]));
    });
  }
}

/** The rows of one drain, joined by key from several maps. */
class Rows {
  readonly #keyBytes: number;
  readonly #aggregates: readonly AggregateLayout[];
  readonly #rows = new Map<string, { readonly key: Uint8Array; readonly values: MergedSlots[] }>();
  /** pairs of bucket and count, by the values that they belong to */
  readonly #buckets = new Map<MergedSlots[], Map<number, bigint[]>>();

  constructor(keyBytes: number, aggregates: readonly AggregateLayout[]) {
    this.#keyBytes = keyBytes;
    this.#aggregates = aggregates;
  }

  /** Returns the values of the key at the start of `bytes`. */
  of(bytes: Uint8Array): MergedSlots[] {
    const key = bytes.subarray(0, this.#keyBytes);
    const name = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
    const known = this.#rows.get(name);
    if (known !== undefined) return known.values;
    const values = this.#aggregates.map((layout) => emptyValue(layout));
    this.#rows.set(name, { key: key.slice(), values });
    return values;
  }

  addBucket(bytes: Uint8Array, view: DataView, at: number): void {
    const values = this.of(bytes);
    const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(this.#keyBytes, true);
    const buckets = this.#buckets.get(values) ?? new Map<number, bigint[]>();
    this.#buckets.set(values, buckets);
    const pairs = buckets.get(number >>> 16) ?? [];
    buckets.set(number >>> 16, pairs);
    pairs.push(BigInt(number & 0xffff), view.getBigUint64(at, true));
  }

  finish(): readonly DrainedRow[] {
    for (const [values, buckets] of this.#buckets) {
      for (const [aggregate, pairs] of buckets) values[aggregate] = pairs;
    }
    return [...this.#rows.values()];
  }
}

/**
 * Returns the value before a key is read: it may be in one of the maps only. Zero buckets and
 * registers are left out, slots are not.
 */
const emptyValue = ({ aggregate, storage }: AggregateLayout): MergedSlots =>
  storage === "slots" && aggregateRecord(aggregate.function).emptyIsZero ? [0n] : undefined;

/** Calls `visit` with each entry; key and value are valid until it returns. */
function drainEntries(map: BpfMap, visit: (key: Uint8Array, value: PerCpuValue) => void): void {
  let room = Math.min(map.maxEntries, Math.max(1, Math.floor(BATCH_BYTES / (map.keyBytes + map.userValueBytes))));
  let position: BatchPosition | undefined;
  for (let isAtEnd = false; !isAtEnd;) {
    const buffers = batchBuffers(map, room);
    const batch = readBatch(map, buffers, position);
    // The kernel reads whole buckets of the hash: a bucket with more entries needs more room.
    if (batch === undefined) {
      room *= 2;
      continue;
    }
    for (let index = 0; index < batch.count; index++) {
      visit(buffers.keys.subarray(index * map.keyBytes, (index + 1) * map.keyBytes), valueAt(map, buffers, index));
    }
    position = batch.next;
    isAtEnd = position === undefined;
  }
}

/** Returns undefined if the next bucket of the hash does not fit into the buffers. */
function readBatch(map: BpfMap, buffers: BatchBuffers, position: BatchPosition | undefined): Batch | undefined {
  try {
    return lookupAndDeleteBatch(map, buffers, position);
  } catch (error) {
    if (error instanceof BpfError && error.errno === constants.errno.ENOSPC) return undefined;
    throw error;
  }
}

/**
 * The approximate bytes of the keys and values of a batch. Room for the largest map would be tens
 * of megabytes that are rarely used.
 */
const BATCH_BYTES = 1 << 20;

/** One pair of buffers for all maps of a process, since reading is synchronous. */
let shared: BatchBuffers = { keys: new Uint8Array(0), values: new Uint8Array(0) };

function batchBuffers(map: BpfMap, room: number): BatchBuffers {
  const keyBytes = map.keyBytes * room;
  const valueBytes = map.userValueBytes * room;
  shared = {
    keys: shared.keys.byteLength < keyBytes ? new Uint8Array(keyBytes) : shared.keys,
    values: shared.values.byteLength < valueBytes ? new Uint8Array(valueBytes) : shared.values,
  };
  return { keys: shared.keys.subarray(0, keyBytes), values: shared.values.subarray(0, valueBytes) };
}

function valueAt(map: BpfMap, { values }: BatchBuffers, index: number): PerCpuValue {
  const strideBytes = Math.ceil(map.valueBytes / 8) * 8;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return { view, start: index * map.userValueBytes, strideBytes, cpus: map.userValueBytes / strideBytes };
}
