import assert from "node:assert/strict";
import { test } from "node:test";
import { valueOf } from "../../../../daemon/evaluate/window/aggregate-window.ts";
import { createKeyWindow, createWindow, slide, windowFilled } from "../../../../daemon/evaluate/window/window.ts";
import { deviationNumbers } from "../../../../daemon/sample/wide-numbers.ts";
import { aggregatesOf } from "../rule-for-tests.ts";
import { randomNumbers } from "../random-numbers.ts";

const RULE = { aggregates: { n: "count", s: "sum", lo: "min", hi: "max", mid: "avg" } } as const;

interface Counted {
  readonly atMs: number;
  readonly intervalMs: number;
  readonly values: readonly number[];
}

/** The five aggregates of the values in the window, computed from scratch. */
function naive(ticks: readonly Counted[], windowMs: number): readonly (number | undefined)[] {
  const nowMs = ticks.at(-1)?.atMs ?? 0;
  const inside = ticks.filter((tick, index) => {
    return (
      index === ticks.length - 1 || tick.atMs - tick.intervalMs + Math.min(tick.intervalMs, 1000) / 2 > nowMs - windowMs
    );
  });
  const values = inside.flatMap((tick) => tick.values);
  const sum = values.reduce((total, value) => total + value, 0);
  if (values.length === 0) return [0, 0, undefined, undefined, undefined];
  return [values.length, sum, Math.min(...values), Math.max(...values), sum / values.length];
}

function slots(values: readonly number[]): readonly (readonly number[] | undefined)[] {
  const sum = values.reduce((total, value) => total + value, 0);
  if (values.length === 0) return [[0], [0], undefined, undefined, undefined];
  return [[values.length], [sum], [Math.min(...values), 1], [Math.max(...values), 1], [sum, values.length]];
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`a window equals the sum of its values, seed ${seed}`, () => {
    const random = randomNumbers(seed);
    const windowMs = 1000 * (1 + random(12));
    const window = createWindow(aggregatesOf(RULE), windowMs);
    const key = createKeyWindow(window);
    const ticks: Counted[] = [];
    for (let atMs = 0; ticks.length < 400;) {
      const intervalMs = random(10) === 0 ? 1000 * (1 + random(5)) : 980 + random(40);
      atMs += intervalMs;
      const values = Array.from({ length: random(3) * random(4) }, () => random(2_000_000) - 1_000_000);
      ticks.push({ atMs, intervalMs, values });
      const rows = values.length === 0 && random(2) === 0 ? [] : [{ key, values: slots(values) }];
      slide(window, { atMs, intervalMs, tickMs: 1000, unwatched: false, rows });
      assert.deepEqual(key.aggregates.map(valueOf), naive(ticks, windowMs));
    }
  });
}

test("a window has whole ticks in spite of jitter", () => {
  const window = createWindow(aggregatesOf({}), 3000);
  const key = createKeyWindow(window);
  const counts = [1000, 2003, 2998, 4001, 4996, 6000].map((atMs, index, times) => {
    const intervalMs = atMs - (times[index - 1] ?? 0);
    slide(window, { atMs, intervalMs, tickMs: 1000, unwatched: false, rows: [{ key, values: [[1]] }] });
    return [key.aggregates.map(valueOf)[0], windowFilled(window, 1000) === 1];
  });
  assert.deepEqual(counts, [
    [1, false],
    [2, false],
    [3, true],
    [3, true],
    [3, true],
    [3, true],
  ]);
});

test("sums beyond 2^53 leave no remainder", () => {
  const window = createWindow(aggregatesOf({}), 2000);
  const key = createKeyWindow(window);
  const counts = [2 ** 60, 1, 3, undefined, undefined].map((count, index) => {
    const rows = count === undefined ? [] : [{ key, values: [[count]] }];
    slide(window, { atMs: 1000 * (index + 1), intervalMs: 1000, tickMs: 1000, unwatched: false, rows });
    return key.aggregates.map(valueOf)[0];
  });
  assert.deepEqual(counts, [2 ** 60, 2 ** 60, 4, 3, 0]);
});

test("a deviation is that of the values in the window, even after very large values have left it", () => {
  const window = createWindow(aggregatesOf({ aggregates: { d: "stddev" } }), 2000);
  const key = createKeyWindow(window);
  const counted = (values: readonly bigint[]): readonly number[] => {
    const sumOf = (numbers: readonly bigint[]): bigint => numbers.reduce((sum, each) => sum + each, 0n);
    return deviationNumbers([sumOf(values), BigInt(values.length), sumOf(values.map((value) => value * value))]);
  };
  const ticks = [
    [2n ** 64n - 1n, 3n],
    [2n, 4n, 4n, 4n],
    [5n, 5n, 7n, 9n],
  ];
  const found = ticks.map((values, index) => {
    const rows = [{ key, values: [counted(values)] }];
    slide(window, { atMs: 1000 * (index + 1), intervalMs: 1000, tickMs: 1000, unwatched: false, rows });
    return key.aggregates.map(valueOf)[0];
  });
  assert.deepEqual([found[0], found[2]], [2 ** 63, 2]);
  for (const atMs of [4000, 5000]) slide(window, { atMs, intervalMs: 1000, tickMs: 1000, unwatched: false, rows: [] });
  assert.deepEqual(key.aggregates.map(valueOf), [undefined]);
});
