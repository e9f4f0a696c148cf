import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketBounds, bucketOf } from "../../../bpf/compile/buckets.ts";
import type { LinearSteps } from "../../../bpf/check/checked-program.ts";
import type { DistributionValue } from "../../../daemon/evaluate/alerts/alert.ts";
import { bars } from "../../../daemon/try/bars.ts";
import { binsOf } from "../../../daemon/try/bins.ts";

/** The histogram of these values, in the buckets that the kernel half counts in. */
function histogram(values: readonly bigint[], steps?: LinearSteps): DistributionValue {
  const aggregate = { signed: values.some((value) => value < 0n), ...(steps && { steps }) };
  const counts = new Map<number, number>();
  for (const value of values) {
    const bucket = bucketOf(aggregate, value);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  const buckets = [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([bucket, count]) => {
      const { from, to } = bucketBounds(aggregate, bucket);
      return { from: from === undefined ? null : Number(from), to: to === undefined ? null : Number(to), count };
    });
  return { count: values.length, mean: null, p50: null, p90: null, p95: null, p99: null, p999: null, buckets };
}

test("a histogram is shown by powers of two, with those without values between", () => {
  const value = histogram([0n, 1n, 2n, 3n, 3n, 20n, 21n, 31n]);
  assert.deepEqual(bars(value, { unit: "plain", columns: 22, rows: 20 }), [
    "[0]      1 |@@@      |",
    "[1]      1 |@@@      |",
    "[2, 4)   3 |@@@@@@@@@|",
    "[4, 8)   0 |         |",
    "[8, 16)  0 |         |",
    "[16, 32) 3 |@@@@@@@@@|",
  ]);
});

test("negative values are the mirror image", () => {
  const bins = binsOf(histogram([-5n, -1n, 0n, 1n, 5n]), undefined, 20);
  assert.deepEqual(
    bins.map(({ from, to, count }) => [from, to, count]),
    [
      [-7, -3, 1],
      [-3, -1, 0],
      [-1, 0, 1],
      [0, 1, 1],
      [1, 2, 1],
      [2, 4, 0],
      [4, 8, 1],
    ],
  );
});

test("linear steps are the rule's, with one bar below and one above", () => {
  const steps = { low: 0n, high: 25n, step: 10n };
  const lines = bars(histogram([-1n, 3n, 24n, 99n, 99n], steps), { unit: "plain", steps, columns: 80, rows: 20 });
  assert.deepEqual(
    lines.map((line) => line.replace(/ *\|.*/, "")),
    ["(..., 0)  1", "[0, 10)   1", "[10, 20)  0", "[20, 25)  1", "[25, ...) 2"],
  );
});

test("neighbors are joined if there are more bars than rows, and nothing is left out", () => {
  const values = Array.from({ length: 40 }, (_, power) => 1n << BigInt(power));
  const bins = binsOf(histogram(values), undefined, 7);
  assert.ok(bins.length <= 7);
  assert.equal(
    bins.reduce((sum, { count }) => sum + count, 0),
    40,
  );
  assert.deepEqual([bins[0]?.from, bins.at(-1)?.to], [1, 2 ** 40]);
  bins.slice(1).forEach((bin, index) => assert.equal(bin.from, bins[index]?.to));
});

test("durations have units", () => {
  const [line = ""] = bars(histogram([1500n]), { unit: "duration", columns: 40, rows: 4 });
  assert.match(line, /^\[1\.02us, 2\.05us\) 1 \|@+\|$/);
});
