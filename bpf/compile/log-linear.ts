/*
 * The buckets of `histogram`: eight of equal width for each power of two, so that the middle of one
 * is at most 1/16 = 6.25 % from any value in it. Values below 16 have a bucket each. A value with
 * floor(log2) = e is in the bucket 8 * (e - 3) + (value >> (e - 3)); the second term is 8 to 15.
 * Signed values have the same buckets on both sides of 0, in one ascending row.
 */
const WITHIN_POWER = 8n;
/** floor(log2) of the least value with eight buckets in its power of two. */
const LEAST_EXPONENT = 3;

export const UNSIGNED_BUCKETS = 496;
/** Buckets of negative values: -1 has the last of them, -2^63 the first. */
export const NEGATIVE_BUCKETS = 488;
export const SIGNED_BUCKETS = 2 * NEGATIVE_BUCKETS;

/** Returns the bucket of a value below 2^64: 0 to 495. */
export function magnitudeBucket(magnitude: bigint): number {
  const shift = Math.max(0, magnitude.toString(2).length - 1 - LEAST_EXPONENT);
  return 8 * shift + Number(magnitude >> BigInt(shift));
}

/** Returns the bounds of a bucket: values from `from` up to, but without, `to`. */
export function magnitudeBounds(bucket: number): { readonly from: bigint; readonly to: bigint } {
  if (bucket < Number(WITHIN_POWER)) return { from: BigInt(bucket), to: BigInt(bucket + 1) };
  const shift = BigInt(bucket >> 3) - 1n;
  const from = (WITHIN_POWER + BigInt(bucket & 7)) << shift;
  return { from, to: from + (1n << shift) };
}
