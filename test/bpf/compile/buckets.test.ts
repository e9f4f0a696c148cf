import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketBounds, bucketCount, bucketOf, type Bucketed } from "../../../bpf/compile/buckets.ts";
import { randomNumbers } from "../../daemon/evaluate/random-numbers.ts";

const UNSIGNED: Bucketed = { signed: false };
const SIGNED: Bucketed = { signed: true };
const LINEAR: Bucketed = { signed: true, steps: { low: -10n, high: 93n, step: 10n } };

/** All powers of two with their neighbors, and random numbers of all widths. */
function values(signed: boolean): readonly bigint[] {
  const random = randomNumbers(7);
  const bits = Array.from({ length: 65 }, (_, index) => 1n << BigInt(index));
  const near = bits.flatMap((power) => [power - 1n, power, power + 1n, power + (power >> 1n), power - (power >> 3n)]);
  const wide = Array.from(
    { length: 20_000 },
    () => (BigInt(random(2 ** 31)) * BigInt(random(2 ** 31))) >> BigInt(random(62)),
  );
  const all = [...near, ...wide].map((value) => BigInt.asUintN(64, value));
  return signed ? all.flatMap((value) => [BigInt.asIntN(64, value), BigInt.asIntN(64, -value)]) : all;
}

for (const [name, histogram] of Object.entries({ UNSIGNED, SIGNED })) {
  test(`${name}: each value is in its bucket, whose middle is at most 6.25 % off`, () => {
    for (const value of values(histogram.signed)) {
      const bucket = bucketOf(histogram, value);
      const { from, to } = bucketBounds(histogram, bucket);
      assert.ok(bucket >= 0 && bucket < bucketCount(histogram), String(value));
      assert.ok(from !== undefined && to !== undefined && from <= value && value < to, String(value));
      // twice the distance from the middle of the integers in the bucket, which are from to - 1
      const twice = from + to - 1n - 2n * value;
      const distance = twice < 0n ? -twice : twice;
      const magnitude = value < 0n ? -value : value;
      assert.ok(8n * distance <= magnitude, `${value} in ${from}..${to}`);
    }
  });

  test(`${name}: buckets follow one another without a gap, over all 64 bits`, () => {
    const bounds = Array.from({ length: bucketCount(histogram) }, (_, bucket) => bucketBounds(histogram, bucket));
    bounds.forEach(({ to }, bucket) => {
      assert.equal(to, bounds[bucket + 1]?.from ?? (histogram.signed ? 1n << 63n : 1n << 64n), String(bucket));
    });
    assert.ok((bounds[0]?.from ?? 0n) <= (histogram.signed ? -(1n << 63n) : 0n));
  });
}

test("linear buckets have an open one at both ends, and a short last one", () => {
  assert.equal(bucketCount(LINEAR), 13);
  assert.deepEqual(
    [-11n, -10n, -1n, 0n, 92n, 93n, 1n << 62n, -(1n << 62n)].map((value) => bucketOf(LINEAR, value)),
    [0, 1, 1, 2, 11, 12, 12, 0],
  );
  assert.deepEqual(bucketBounds(LINEAR, 0), { from: undefined, to: -10n });
  assert.deepEqual(bucketBounds(LINEAR, 11), { from: 90n, to: 93n });
  assert.deepEqual(bucketBounds(LINEAR, 12), { from: 93n, to: undefined });
});
