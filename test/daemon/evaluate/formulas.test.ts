import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scope } from "../../../daemon/evaluate/formula.ts";
import { evaluateCells, zeroScope } from "../../../daemon/evaluate/scope.ts";
import { aggregatesOf, faults, formulasOf, type TestRule } from "./rule-for-tests.ts";

const COUNTS = { a: "count", b: "sum", m: "max", t: ["sum", "duration"] } as const satisfies TestRule["aggregates"];
const VALUES: Readonly<Record<string, number | undefined>> = { a: 10, b: 4, m: undefined, t: 3e8 };

function scopeOf(rule: TestRule): Scope {
  const formulas = formulasOf(rule);
  const aggregates = aggregatesOf(rule).map(({ name }) => VALUES[name]);
  const known = { aggregates, windowSeconds: 2, keyCounts: [1, 2, 3, 4], totals: [100, 200, 0, 9e8] };
  return evaluateCells(formulas, { ...zeroScope(formulas), ...known });
}

function valueOf(text: string): number | undefined {
  const rule = { aggregates: COUNTS, let: { x: text } };
  return scopeOf(rule).cells.at(-1);
}

function truthOf(text: string): boolean | undefined {
  const rule = { aggregates: COUNTS, threshold: text };
  return formulasOf(rule).levels[0]?.formula.evaluate(scopeOf(rule));
}

const NUMBERS: readonly (readonly [string, number | undefined])[] = [
  ["(a - b) / a", 0.6],
  ["a / 0", undefined],
  ["0 / 0", undefined],
  ["a % 0", undefined],
  ["a % 3", 1],
  ["-a + 1.5", -8.5],
  ["90%", 0.9],
  ["4KiB", 4096],
  ["m + 1", undefined],
  ["m ?? b", 4],
  ["m > 1 ? 1 : 2", undefined],
  ["a > b ? t / 1s : 0.5", 0.3],
  ["t / 100ms", 3],
  ["rate(a)", 5],
  ["keys(b)", 2],
  ["total(b)", 200],
  ["delta(a)", 0],
  ["previous(a + b)", 14],
  ["mean(a, 1h) + stddev(a, 1h)", 10],
];
for (const [text, expected] of NUMBERS) {
  test(`let x: ${text} is ${expected}`, () => assert.equal(valueOf(text), expected));
}

const CONDITIONS: readonly (readonly [string, boolean | undefined])[] = [
  ["a > 9", true],
  ["a == 10 and b != 4", false],
  ["t > 250ms", true],
  ["t in 100ms..300ms", true],
  ["a in [1, 5..10]", true],
  ["a not in [1, 5..10]", false],
  ["m > 1", undefined],
  ["not (m > 1)", undefined],
  ["m > 1 and a > 100", false],
  ["m > 1 and a > 1", undefined],
  ["a > 1 or m > 1", true],
  ["m > 1 or a > 1", true],
  ["m > 1 or a > 100", undefined],
  ["a > 1 ? b > 1 : m > 1", true],
];
for (const [text, expected] of CONDITIONS) {
  test(`threshold: ${text} is ${expected}`, () => assert.equal(truthOf(text), expected));
}

const FAULTS: readonly (readonly [string, TestRule, ...string[]])[] = [
  ["unknown name", { threshold: "valeu > 1" }, 'formula-unknown-name: unknown name "valeu"'],
  ["unknown function", { threshold: "rat(value) > 1" }, 'formula-unknown-function: unknown function "rat"'],
  ["a method of Object", { threshold: "toString(value) > 1" }, 'formula-unknown-function: unknown function "toString"'],
  ["arguments", { threshold: "rate(value, 1) > 1" }, 'formula-argument: expected 1 argument to "rate", found 2'],
  [
    "rate of a maximum",
    { aggregates: { value: "max" }, threshold: "rate(value) > 1" },
    'formula-argument: expected the name of a count, sum or histogram in "rate", found that of "max(...)"',
  ],
  ["mean without a duration", { threshold: "mean(value, 5) > 1" }, 'formula-argument: expected a duration in "mean"'],
  [
    "mean shorter than the window",
    { threshold: "mean(value, 5ms) > 1" },
    'formula-argument: expected a duration in "mean" of at least the window',
  ],
  [
    "quantile of a count",
    { threshold: "p99(value) > 1" },
    'formula-argument: expected the name of a histogram in "p99", found that of "count(...)"',
  ],
  ["a quantile that there is not", { threshold: "p98(value) > 1" }, 'formula-unknown-function: unknown function "p98"'],
  [
    "a histogram as a number",
    { aggregates: { value: "histogram" }, threshold: "value > 1" },
    'formula-type: expected a number, found the histogram "value"',
  ],
  [
    "the unit of a quantile",
    { aggregates: { value: ["histogram", "duration"] }, threshold: "p99(value) > 1" },
    'formula-unit: expected a duration, found a plain number after ">"',
  ],
  ["number as threshold", { threshold: "value" }, "formula-type: expected a condition, found a number"],
  ["condition as let", { let: { x: "value > 1" } }, "formula-type: expected a number, found a condition"],
  [
    "string",
    { threshold: 'value == "x"' },
    "formula-unsupported: expected a number or a condition, found a string: strings exist in the kernel only",
  ],
  [
    "duration with a number",
    { aggregates: { value: ["max", "duration"] }, threshold: "value > 250" },
    'formula-unit: expected a duration, found a plain number after ">"',
  ],
  [
    "number with a duration",
    { threshold: "value + 1s > 2" },
    'formula-unit: expected a plain number, found a duration after "+"',
  ],
  [
    "duration by duration",
    { threshold: "1s * 1s > 2s" },
    'formula-unit: expected a plain number on one side of "*", found a duration on both',
  ],
  [
    "bits",
    { threshold: "value & 1 > 0" },
    'formula-unsupported: operator "&" works on bits, which the doubles of let and threshold do not have',
  ],
  ["let of itself", { let: { x: "x + 1" } }, 'formula-let-order: let "x" is used before it is defined'],
  ["let too early", { let: { x: "y", y: "value" } }, 'formula-let-order: let "y" is used before it is defined'],
  [
    "let twice",
    { let: { value: "1" } },
    'formula-duplicate-name: the name "value" is taken by an aggregate or another let',
  ],
  [
    "true at zero",
    { by: ["pid"], threshold: "value < 5" },
    "formula-true-at-zero: the threshold is true for a key that counted nothing, so an alert would never end",
  ],
  ["true at zero, but when", { by: ["pid"], threshold: { warning: "value < 5", when: "value > 0" } }],
  ["true at zero without by", { threshold: "value < 5" }],
  [
    "no aggregate",
    { aggregates: {}, threshold: "value > 1" },
    "formula-nothing-to-judge: expected an aggregate beside let and threshold, found none",
  ],
  [
    "all at once, and a broken let only once",
    { let: { x: "nope" }, threshold: { warning: "x > 1", critical: "also > 1" } },
    'formula-unknown-name: unknown name "nope"',
    'formula-unknown-name: unknown name "also"',
  ],
];
for (const [name, rule, ...expected] of FAULTS) {
  test(`fault: ${name}`, () => assert.deepEqual(faults(rule), expected));
}

test("words hold the values of names", () => {
  const rule = {
    aggregates: COUNTS,
    let: { r: "b / a / 3" },
    threshold: { info: "r < 90%", warning: "a + b > m", critical: "t > 1ms" },
  };
  const scope = scopeOf(rule);
  assert.deepEqual(
    formulasOf(rule).levels.map(({ words }) => words.explain(scope)),
    ["r 0.133 < 90%", "a + b > m (a 10, b 4, m no data)", "t 300ms > 1ms"],
  );
});
