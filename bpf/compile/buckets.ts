import type { Aggregate, LinearSteps } from "../check/checked-program.ts";
import { magnitudeBounds, magnitudeBucket, NEGATIVE_BUCKETS, SIGNED_BUCKETS, UNSIGNED_BUCKETS } from "./log-linear.ts";

/**
 * The part of a histogram that determines its buckets. They are numbered from 0 in the order of the
 * values.
 */
export type Bucketed = Pick<Aggregate, "signed" | "steps">;

/**
 * The bounds of a bucket: `from` <= value < `to`. In a linear_histogram, the first bucket has no
 * lower bound and the last has no upper bound. A bound that does not exist is undefined.
 */
export interface BucketBounds {
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
}

/** Returns how many buckets a histogram has. */
export function bucketCount({ signed, steps }: Bucketed): number {
  if (steps !== undefined) return stepCount(steps) + 2;
  return signed ? SIGNED_BUCKETS : UNSIGNED_BUCKETS;
}

/** Returns the bucket of a value, as the compiled program computes it. */
export function bucketOf({ signed, steps }: Bucketed, value: bigint): number {
  if (steps !== undefined) return stepOf(steps, value);
  if (!signed) return magnitudeBucket(value);
  return value < 0n ? NEGATIVE_BUCKETS - magnitudeBucket(-value) : NEGATIVE_BUCKETS + magnitudeBucket(value);
}

export function bucketBounds({ signed, steps }: Bucketed, bucket: number): BucketBounds {
  if (steps !== undefined) return stepBounds(steps, bucket);
  if (!signed) return magnitudeBounds(bucket);
  if (bucket >= NEGATIVE_BUCKETS) return magnitudeBounds(bucket - NEGATIVE_BUCKETS);
  const { from, to } = magnitudeBounds(NEGATIVE_BUCKETS - bucket);
  return { from: 1n - to, to: 1n - from };
}

const stepCount = ({ low, high, step }: LinearSteps): number => Number((high - low + step - 1n) / step);

function stepOf(steps: LinearSteps, value: bigint): number {
  if (value < steps.low) return 0;
  return value >= steps.high ? stepCount(steps) + 1 : Number((value - steps.low) / steps.step) + 1;
}

function stepBounds(steps: LinearSteps, bucket: number): BucketBounds {
  const { low, high, step } = steps;
  if (bucket === 0) return { from: undefined, to: low };
  if (bucket > stepCount(steps)) return { from: high, to: undefined };
  const from = low + step * BigInt(bucket - 1);
  return { from, to: from + step < high ? from + step : high };
}
