import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scope } from "../../../daemon/evaluate/formula/formula.ts";
import { evaluateCells, zeroScope } from "../../../daemon/evaluate/formula/scope.ts";
import { aggregatesOf, faults, formulasOf, type TestRule } from "./rule-for-tests.ts";

const COUNTS = { a: "count", b: "sum", m: "max", t: ["sum", "duration"] } as const satisfies TestRule["aggregates"];
const VALUES: Readonly<Record<string, number | undefined>> = { a: 10, b: 4, m: undefined, t: 3e8 };

function scopeOf(rule: TestRule): Scope {
  const formulas = formulasOf(rule);
  const aggregates = aggregatesOf(rule).map(({ name }) => VALUES[name]);
  const known = { aggregates, filled: 0.5, keyCounts: [1, 2, 3, 4], totals: [100, 200, 0, 9e8] };
  return evaluateCells(formulas, { ...zeroScope(formulas), ...known });
}

function valueOf(text: string): number | undefined {
  const rule = { aggregates: COUNTS, window: 2, let: { x: text } };
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
  ["a * PAGE_SIZE", 40_960],
  ["m ?? (a > 1 ? -ENOENT : EACCES)", -2],
  ["rate(a)", 5],
  ["filled", 0.5],
  ["keys(b)", 2],
  ["total(b)", 200],
  ["delta(a)", 0],
  ["previous(a + b)", 14],
  ["mean(a, 1h) + stddev(a, 1h)", 10],
];
for (const [text, expected] of NUMBERS) {
  test(`let x: ${text} is ${expected}`, () => assert.equal(valueOf(text), expected));
}

test("a macro is a number, but a name of the rule's own comes first", () => {
  const ofRule = { aggregates: { EIO: "count" }, let: { x: "EIO + ENXIO", ENXIO: "EIO" } } as const;
  assert.match(faults(ofRule).join(), /let "ENXIO" is used before it is defined/);
  assert.match(
    faults({ threshold: "value > HZ" }).join(),
    /^formula-unsupported: "HZ" is not the same on all kernels$/,
  );
});

const CONDITIONS: readonly (readonly [string, boolean | undefined])[] = [
  ["a > 9", true],
  ["a == 10 and b != 4", false],
  ["t > 250ms", true],
  ["t in 100ms..300ms", true],
  ["b in [EINTR, EIO..ENXIO]", true],
  ["b == EINTR and not (a < AT_FDCWD)", true],
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

test("placeholders are replaced by values", () => {
  const rule = {
    aggregates: COUNTS,
    let: { r: "b / a / 3" },
    threshold: { info: "r < 90%", warning: "a + b > m", critical: "t > 1ms" },
  };
  const scope = scopeOf(rule);
  assert.deepEqual(
    formulasOf(rule).levels.map(({ words }) => words.explain(scope)),
    ["r 13.3% < 90%", "a 10 + b 4 = 14 > m no data", "t 300ms > 1ms"],
  );
});

const WORDS: readonly (readonly [threshold: string, words: string])[] = [
  ["rate(a) > 10", "rate(a) 5/s > 10/s"],
  ["rate(a) > 4KiB", "rate(a) 5B/s > 4KiB/s"],
  ["a > mean(a, 1h) + 4 * stddev(a, 1h)", "a 10 > 10 = mean(a, 1h) 10 + 4 × 0"],
  ["100ms < 2 * t", "100ms < 600ms = 2 × t 300ms"],
  ["a > 4KiB", "a 10B > 4KiB"],
  ["(a > 5 or b < 3) and not (a in 1..3)", "(a 10 > 5 or b 4 < 3) and not (a 10 in 1..3)"],
  ["a - (b - 1) > 2", "a 10 - (b 4 - 1) = 7 > 2"],
  ["(m ?? b) > 2", "(m ?? b) 4 > 2"],
  ["filled < 100%", "filled 50% < 100%"],
];
for (const [threshold, words] of WORDS) {
  test(`"${threshold}" is written in words with the numbers of both sides`, () => {
    const rule = { aggregates: COUNTS, window: 2, threshold };
    assert.equal(formulasOf(rule).levels[0]?.words.explain(scopeOf(rule)), words);
  });
}

test("an aggregate named value needs no name in a function", () => {
  const formulas = formulasOf({ threshold: "value > mean(value, 1h) + 4 * stddev(value, 1h)" });
  const recalled = [300, 701];
  const scope = { ...zeroScope(formulas), aggregates: [3311], recall: (index: number) => recalled[index] };
  const words = formulas.levels[0]?.words.explain(evaluateCells(formulas, scope));
  assert.equal(words, "value 3311 > 3104 = mean 300 + 4 × 701");
});
