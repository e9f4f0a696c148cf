import assert from "node:assert/strict";
import { test } from "node:test";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import { bucketOf } from "../../../bpf/compile/buckets.ts";
import { packRegister } from "../../../bpf/compile/registers.ts";
import { distributionOf, valueOf } from "../../../daemon/evaluate/window/aggregate-window.ts";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { meanOf, quantileOf } from "../../../daemon/evaluate/window/distribution-window.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import { createKeyWindow, createWindow, slide } from "../../../daemon/evaluate/window/window.ts";
import { renderTemplate } from "../../../daemon/text/render.ts";
import { randomNumbers } from "./random-numbers.ts";
import { aggregatesOf, row, sampleAt, stateOf, type TestRule } from "./rule-for-tests.ts";

const [HISTOGRAM] = aggregatesOf({ aggregates: { value: "histogram" } });

/** The buckets of numbers, as samples carry them. */
function bucketed(
  values: readonly number[],
  aggregate: Aggregate | undefined = HISTOGRAM,
): readonly number[] | undefined {
  const counts = new Map<number, number>();
  for (const value of values) {
    const bucket = bucketOf(aggregate ?? { signed: false }, BigInt(value));
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return counts.size === 0 ? undefined : [...counts].flat();
}

for (const seed of [1, 2, 3]) {
  test(`quantiles and mean of a sliding window are within 6.25 % of those of its values, seed ${seed}`, () => {
    const random = randomNumbers(seed);
    const window = createWindow(aggregatesOf({ aggregates: { value: "histogram" } }), 5000);
    const key = createKeyWindow(window);
    const ticks: number[][] = [];
    for (let tick = 1; tick <= 60; tick++) {
      const values = Array.from({ length: random(40) }, () => random(2 ** random(31)));
      ticks.push(values);
      slide(window, {
        atMs: 1000 * tick,
        intervalMs: 1000,
        tickMs: 1000,
        unwatched: false,
        rows: values.length === 0 ? [] : [{ key, values: [bucketed(values)] }],
      });
      const inside = ticks
        .slice(-5)
        .flat()
        .toSorted((a, b) => a - b);
      const [aggregate] = key.aggregates;
      const distribution = aggregate && distributionOf(aggregate);
      assert.ok(aggregate !== undefined && distribution !== undefined);
      assert.equal(valueOf(aggregate), inside.length);
      for (const part of [0.5, 0.9, 0.95, 0.99, 0.999]) {
        const exact = inside[Math.max(0, Math.ceil(part * inside.length) - 1)];
        near(quantileOf(distribution, part), exact);
      }
      near(meanOf(distribution), inside.length === 0 ? undefined : inside.reduce((a, b) => a + b, 0) / inside.length);
    }
  });
}

function near(found: number | undefined, exact: number | undefined): void {
  if (found === undefined || exact === undefined) assert.equal(found, exact);
  else assert.ok(Math.abs(found - exact) <= exact / 16, `${found} is not ${exact}`);
}

/** Returns the results of a rule's threshold after each of some ticks of values. */
function judged(rule: TestRule, ticks: readonly (readonly number[])[]): readonly string[] {
  const state = stateOf(rule);
  return ticks.map((values, index) => {
    const rows = values.length === 0 ? [row(undefined)] : [row(bucketed(values))];
    evaluateRule(state, sampleAt(index + 1, rows), { unixMs: 0, tickMs: 1000 });
    const [view] = alertViews(state);
    return `${view?.state}: ${view?.reason}`;
  });
}

test("a threshold on a quantile fires, says the quantile, and without events has no data", () => {
  const rule: TestRule = {
    aggregates: { value: ["histogram", "duration"] },
    threshold: "p99(value) > 250ms and count(value) > 2",
    noData: "ok",
  };
  const slow = [1e6, 2e6, 3e8];
  assert.deepEqual(judged(rule, [slow, [1e6, 1e6, 1e6], []]), [
    "firing: p99 285ms > 250ms and count 3 > 2",
    "ok: p99 1.02ms > 250ms and count 3 > 2 no longer holds",
    "ok: p99 no data > 250ms and count 0 > 2 does not hold",
  ]);
});

test("rate, total, keys, delta, previous and stddev look at histograms through numbers", () => {
  const state = stateOf({
    aggregates: { h: "histogram" },
    let: {
      per_second: "rate(h)",
      all: "total(h)",
      names: "keys(h)",
      middle: "p50(h)",
      grown: "delta(p50(h))",
      before: "previous(count(h))",
      usual: "mean(p50(h), 1s)",
    },
    by: ["comm"],
  });
  const tick = (at: number, a: readonly number[], b: readonly number[]): Readonly<Record<string, unknown>> => {
    const rows = [
      { labels: { comm: "a" }, values: [bucketed(a)] },
      { labels: { comm: "b" }, values: [bucketed(b)] },
    ];
    evaluateRule(state, sampleAt(at, rows), { unixMs: 0, tickMs: 1000 });
    return alertViews(state)[0]?.values ?? {};
  };
  tick(1, [3, 3], [4]);
  const { per_second, all, names, middle, grown, before, usual } = tick(2, [7, 7, 7], [5]);
  assert.deepEqual([per_second, all, names, middle, grown, before, usual], [3, 4, 2, 7, 4, 2, 3]);
});

test("users see quantiles and buckets, and a summary names them", () => {
  const rule: TestRule = {
    aggregates: { value: ["histogram", "duration"] },
    threshold: "p50(value) > 1us",
    summary: "{{ value }}; {{ value.p99 }}, {{ value.count }}, {{ value.nothing }}",
  };
  const state = stateOf(rule, renderTemplate);
  const [event] = evaluateRule(state, sampleAt(1, [row(bucketed([2000, 2000, 5]))]), { unixMs: 0, tickMs: 1000 });
  assert.equal(event?.summary, "p50 1.98us, p99 1.98us of 3 values; 1.98us, 3,");
  assert.deepEqual(event.values, {
    value: {
      count: 3,
      mean: (1983.5 * 2 + 5) / 3,
      p50: 1983.5,
      p90: 1983.5,
      p95: 1983.5,
      p99: 1983.5,
      p999: 1983.5,
      buckets: [
        { from: 5, to: 6, count: 1 },
        { from: 1920, to: 2048, count: 2 },
      ],
    },
  });
});

test("a value that occurs in several ticks counts once as distinct, until the last of these ticks leaves", () => {
  const window = createWindow(aggregatesOf({ aggregates: { value: "distinct" } }), 3000);
  const key = createKeyWindow(window);
  const seen = [[1, 2], [2, 3], [], [3], [], []];
  const counts = seen.map((values, index) => {
    const registers = values.map((value) => packRegister(100 * value, 1 + value));
    const rows = values.length === 0 ? [] : [{ key, values: [registers] }];
    slide(window, { atMs: 1000 * (index + 1), intervalMs: 1000, tickMs: 1000, unwatched: false, rows });
    return key.aggregates.map(valueOf)[0];
  });
  assert.deepEqual(counts, [2, 3, 3, 2, 1, 1]);
});

test("last is the latest in the window, and no data after it has left", () => {
  const window = createWindow(aggregatesOf({ aggregates: { value: "last" } }), 2000);
  const key = createKeyWindow(window);
  const ticks = [
    [[7, 100]],
    [
      [9, 250],
      [8, 300],
      [5, 200],
    ],
    [],
    [],
    [[0, 400]],
  ];
  const values = ticks.map((rows, index) => {
    const counted = rows.map((slots) => ({ key, values: [slots] }));
    slide(window, { atMs: 1000 * (index + 1), intervalMs: 1000, tickMs: 1000, unwatched: false, rows: counted });
    return key.aggregates.map(valueOf)[0];
  });
  assert.deepEqual(values, [7, 8, 8, undefined, 0]);
});
