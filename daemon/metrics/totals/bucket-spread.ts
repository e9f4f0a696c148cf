import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import { bucketBounds, bucketCount, bucketOf } from "../../../bpf/compile/buckets.ts";

/** The buckets of a power of two in `histogram`. */
const OCTAVE = 8;

/** The powers of two that are always bounds: of plain numbers, and of nanoseconds. */
const PLAIN_POWERS = { from: 3, to: 40 } as const;
const DURATION_POWERS = { from: 8, to: 38 } as const;

/**
 * The buckets of a histogram that metrics show, the same for all keys of a rule. Powers of two are
 * always bounds, because the change of a bound that has just come into being is unknown to readers.
 * Between them, bounds are where values were seen.
 */
export interface BucketSpread {
  readonly aggregate: Aggregate;
  /** the last buckets of powers of two */
  readonly always: readonly number[];
  /** the first and the last bucket; undefined before the first value */
  range: { readonly first: number; readonly last: number } | undefined;
  /** every so many buckets make one, so that fewer time series are enough */
  stride: number;
}

export function bucketSpread(aggregate: Aggregate): BucketSpread {
  // Equal steps are few, and known before the first value.
  const range = aggregate.steps === undefined ? undefined : { first: 0, last: bucketCount(aggregate) - 2 };
  return { aggregate, always: aggregate.steps === undefined ? powersOf(aggregate) : [], range, stride: 1 };
}

function powersOf(aggregate: Aggregate): readonly number[] {
  const { from, to } = aggregate.meaning.kind === "duration" ? DURATION_POWERS : PLAIN_POWERS;
  return Array.from({ length: to - from + 1 }, (_, index) => bucketOf(aggregate, 2n ** BigInt(from + index) - 1n));
}

/** Widens the spread to a bucket. Returns true if it changed. */
export function widen(spread: BucketSpread, bucket: number): boolean {
  const { aggregate, range } = spread;
  if (aggregate.steps !== undefined || (range !== undefined && range.first <= bucket && bucket <= range.last))
    return false;
  const first = bucket - (bucket % OCTAVE);
  const last = Math.min(first + OCTAVE, bucketCount(aggregate)) - 1;
  spread.range = { first: Math.min(first, range?.first ?? first), last: Math.max(last, range?.last ?? last) };
  return true;
}

/** Makes the buckets twice as wide. Returns false if they are one for a power of two already. */
export function coarsen(spread: BucketSpread): boolean {
  const { aggregate, range, stride } = spread;
  if (range === undefined || stride > range.last - range.first) return false;
  if (aggregate.steps === undefined && stride >= OCTAVE) return false;
  spread.stride *= 2;
  return true;
}

/** Returns the number of upper bounds, without that of the last bucket, which is infinite. */
export const boundCount = (spread: BucketSpread): number => shownBuckets(spread).length;

/**
 * Returns the buckets whose upper bounds are shown, ascending. The one before the least value is
 * among them: without it, readers would believe that the values of the first bucket begin at 0.
 */
export function shownBuckets({ always, range, stride }: BucketSpread): readonly number[] {
  if (range === undefined) return always;
  const shown = new Set(always);
  if (range.first > 0) shown.add(range.first - 1);
  for (let bucket = range.first + stride - 1; bucket <= range.last; bucket += stride) shown.add(bucket);
  return [...shown].toSorted((a, b) => a - b);
}

/** Returns the greatest value in a bucket: bounds are inclusive, and values are integers. */
export function greatestIn({ aggregate }: BucketSpread, bucket: number): number {
  const { to } = bucketBounds(aggregate, bucket);
  return to === undefined ? Infinity : Number(to - 1n);
}
