import { aggregateRecord, isDistribution } from "../../../bpf/check/aggregate-functions.ts";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import type { Sample, SampleRow } from "../../sample/sample.ts";
import { OTHER_LABELS } from "../../sample/to-sample.ts";
import { boundCount, bucketSpread, type BucketSpread, coarsen, widen } from "./bucket-spread.ts";
import { addLosses, type Losses, noLosses } from "./losses.ts";

/** A total, or for a histogram the number of values by bucket. */
export type Total = number | Map<number, number>;

/** The totals of one key since it was first seen. */
export interface KeyTotals {
  readonly labels: Readonly<Record<string, string>>;
  /** by index of the rule's aggregates; undefined for one that does not add up */
  readonly totals: readonly (Total | undefined)[];
  /** when it last counted, CLOCK_BOOTTIME */
  lastMs: number;
}

/** A key that counted nothing for so long makes room for a new one. */
const IDLE_MS = 3_600_000;

/**
 * The counts of a rule since the daemon began to run it, for metrics. Each tick's sample is added
 * once. Unlike a window, they never get smaller.
 */
export class RuleTotals {
  readonly losses: Losses = noLosses();
  readonly keys = new Map<string, KeyTotals>();
  /** by index of the rule's aggregates; undefined for one that is not a histogram */
  readonly spreads: readonly (BucketSpread | undefined)[];
  /** how often the counts of a key in a tick were added under `other`, for want of room */
  leftOut = 0;
  readonly #aggregates: readonly Aggregate[];
  readonly #isKeyed: boolean;
  #lets = 0;
  #limit = Infinity;
  /** the time series of one key as they are now */
  #seriesOfKey = 1;
  /** the tick in which idle keys were last given up, CLOCK_BOOTTIME */
  #prunedMs = -Infinity;

  constructor(aggregates: readonly Aggregate[], isKeyed: boolean) {
    this.#aggregates = aggregates;
    this.#isKeyed = isKeyed;
    this.spreads = aggregates.map((each) => (isDistribution(each.function) ? bucketSpread(each) : undefined));
  }

  /**
   * Sets the number of time series that the rule may have.
   *
   * @param lets the number of further values of a key, which are not counted here
   */
  use(limit: number, lets: number): this {
    this.#limit = limit;
    this.#lets = lets;
    this.#fit();
    return this;
  }

  /** Adds one tick. */
  add(sample: Sample, skippedRuns = 0): void {
    addLosses(this.losses, sample.health, skippedRuns);
    if (this.#aggregates.length === 0) return;
    if (!this.#isKeyed) this.#keyOf({}, sample.atMs);
    for (const row of sample.rows) this.#addRow(row, sample.atMs);
  }

  #addRow({ labels, values }: SampleRow, atMs: number): void {
    const key = this.#keyOf(labels, atMs);
    key.lastMs = atMs;
    values.forEach((slots, index) => {
      const total = key.totals[index];
      if (slots === undefined || total === undefined) return;
      if (typeof total === "number") (key.totals as (Total | undefined)[])[index] = total + (slots[0] ?? 0);
      else this.#addBuckets(total, slots, this.spreads[index]);
    });
  }

  #addBuckets(total: Map<number, number>, pairs: readonly number[], spread: BucketSpread | undefined): void {
    for (let at = 0; at < pairs.length; at += 2) {
      const bucket = pairs[at] ?? 0;
      total.set(bucket, (total.get(bucket) ?? 0) + (pairs[at + 1] ?? 0));
      if (spread !== undefined && widen(spread, bucket)) this.#fit();
    }
  }

  #keyOf(labels: Readonly<Record<string, string>>, atMs: number): KeyTotals {
    const id = idOf(labels);
    const known = this.keys.get(id);
    if (known !== undefined) return known;
    if (id === OTHER_ID || this.#hasRoom(atMs)) return this.#addKey(id, labels, atMs);
    this.leftOut++;
    return this.keys.get(OTHER_ID) ?? this.#addKey(OTHER_ID, OTHER_LABELS, atMs);
  }

  #addKey(id: string, labels: KeyTotals["labels"], atMs: number): KeyTotals {
    const key = { labels, totals: this.#aggregates.map(emptyTotal), lastMs: atMs };
    this.keys.set(id, key);
    return key;
  }

  /** True if one more key, and `other`, have room, after idle keys were given up. */
  #hasRoom(atMs: number): boolean {
    const room = Math.floor(this.#limit / this.#seriesOfKey) - 1;
    if (this.keys.size < room || this.keys.size === 0) return true;
    if (atMs === this.#prunedMs) return false;
    this.#prunedMs = atMs;
    for (const [id, { lastMs }] of this.keys) if (atMs - lastMs >= IDLE_MS && id !== OTHER_ID) this.keys.delete(id);
    return this.keys.size < room;
  }

  #countSeries(): number {
    // The infinite bucket and the count come on top of the bounds.
    const own = this.spreads.map((spread) => (spread === undefined ? 1 : boundCount(spread) + 2));
    this.#seriesOfKey = own.reduce((sum, each) => sum + each, this.#lets);
    return this.#seriesOfKey;
  }

  /** Makes buckets wider until all keys have room again. */
  #fit(): void {
    let isCoarser = true;
    while (this.#countSeries() * this.keys.size > this.#limit && isCoarser)
      isCoarser = this.spreads.map((spread) => spread !== undefined && coarsen(spread)).includes(true);
  }
}

function emptyTotal({ function: name }: Aggregate): Total | undefined {
  if (isDistribution(name)) return new Map();
  const { addsUp, storage } = aggregateRecord(name);
  return addsUp && storage === "slots" ? 0 : undefined;
}

/** Returns a text that is equal for equal labels. The columns of a rule are always in one order. */
export function idOf(labels: Readonly<Record<string, string>>): string {
  let id = "";
  for (const name in labels) id += `${labels[name] ?? ""}\0`;
  return labels["other"] === undefined ? id : "\0other";
}

const OTHER_ID = idOf(OTHER_LABELS);
