import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import type { Beyond } from "../formula/bound-text.ts";
import { bucketBounds, bucketCount } from "../../../bpf/compile/buckets.ts";

/** The distribution of values over a window: a histogram's buckets that are not empty. */
export interface DistributionWindow {
  readonly kind: "distribution";
  readonly aggregate: Aggregate;
  readonly counts: Map<number, number>;
  /** the number of values in all buckets */
  count: number;
  /** its buckets in the order of values, until they change */
  sorted: readonly (readonly [bucket: number, count: number])[] | undefined;
}

export function distributionWindow(aggregate: Aggregate): DistributionWindow {
  return { kind: "distribution", aggregate, counts: new Map(), count: 0, sorted: undefined };
}

/** bucket and count, one after the other, as samples carry them */
export type Buckets = readonly number[];

export function addBuckets(window: DistributionWindow, pairs: Buckets): void {
  change(window, pairs, 1);
}

export function takeBuckets(window: DistributionWindow, pairs: Buckets): void {
  change(window, pairs, -1);
}

/** Returns the counts of both, each bucket once. */
export function mergeBuckets(kept: Buckets | undefined, added: Buckets | undefined): Buckets | undefined {
  if (kept === undefined || added === undefined) return kept ?? added;
  const merged = [...kept];
  for (let index = 0; index < added.length; index += 2) {
    let at = 0;
    while (at < merged.length && merged[at] !== added[index]) at += 2;
    merged[at] = added[index] ?? 0;
    merged[at + 1] = (merged[at + 1] ?? 0) + (added[index + 1] ?? 0);
  }
  return merged;
}

function change(window: DistributionWindow, pairs: Buckets, sign: 1 | -1): void {
  if (pairs.length === 0) return;
  window.sorted = undefined;
  for (let index = 0; index < pairs.length; index += 2) {
    const bucket = pairs[index] ?? 0;
    const amount = sign * (pairs[index + 1] ?? 0);
    const count = (window.counts.get(bucket) ?? 0) + amount;
    if (count === 0) window.counts.delete(bucket);
    else window.counts.set(bucket, count);
    window.count += amount;
  }
}

export function bucketsOf(window: DistributionWindow): readonly (readonly [bucket: number, count: number])[] {
  window.sorted ??= [...window.counts].toSorted(([a], [b]) => a - b);
  return window.sorted;
}

/**
 * Returns the least value that is not below a part of all values. It is the middle of its bucket,
 * which is at most 6.25 % off for histogram and half a step for linear_histogram, or the bound if
 * the value lies beyond the steps. Undefined without values.
 */
export function quantileOf(window: DistributionWindow, part: number): number | undefined {
  const bucket = quantileBucket(window, part);
  return bucket === undefined ? undefined : middlesOf(window.aggregate)[bucket];
}

function quantileBucket(window: DistributionWindow, part: number): number | undefined {
  let missing = Math.max(1, Math.ceil(part * window.count));
  for (const [bucket, count] of bucketsOf(window)) {
    missing -= count;
    if (missing <= 0) return bucket;
  }
  return undefined;
}

/** Returns the direction in which a quantile lies beyond the steps; undefined if it does not. */
export function quantileBeyond(window: DistributionWindow, part: number): Beyond | undefined {
  const bucket = quantileBucket(window, part);
  return bucket === undefined ? undefined : beyondOf(window.aggregate, bucket);
}

/**
 * Returns the direction in which the mean is only a bound, because values beyond the steps are part
 * of it; undefined if it is not.
 */
export function meanBeyond(window: DistributionWindow): Beyond | undefined {
  const sorted = bucketsOf(window);
  const [first, last] = [sorted[0], sorted.at(-1)].map((each) => each && beyondOf(window.aggregate, each[0]));
  if (first === "under" && last === "over") return "about";
  return first ?? last;
}

function beyondOf(aggregate: Aggregate, bucket: number): Beyond | undefined {
  const { from, to } = bucketBounds(aggregate, bucket);
  return to === undefined ? "over" : from === undefined ? "under" : undefined;
}

/** Returns the mean of the values, by the middles of their buckets. Undefined without values. */
export function meanOf(window: DistributionWindow): number | undefined {
  if (window.count === 0) return undefined;
  const middles = middlesOf(window.aggregate);
  return bucketsOf(window).reduce((sum, [bucket, count]) => sum + (middles[bucket] ?? 0) * count, 0) / window.count;
}

const known = new WeakMap<Aggregate, Float64Array>();

/** Returns the middle of each bucket, which stands for the values in it. */
function middlesOf(aggregate: Aggregate): Float64Array {
  const middles = known.get(aggregate) ?? Float64Array.from({ length: bucketCount(aggregate) }, middle(aggregate));
  known.set(aggregate, middles);
  return middles;
}

function middle(aggregate: Aggregate): (_: unknown, bucket: number) => number {
  return (_, bucket) => {
    const { from, to } = bucketBounds(aggregate, bucket);
    if (from === undefined || to === undefined) return Number(from ?? to ?? 0n);
    return Number(from) + Number(to - from - 1n) / 2;
  };
}
