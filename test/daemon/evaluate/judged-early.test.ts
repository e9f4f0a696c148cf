import assert from "node:assert/strict";
import { test } from "node:test";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { Scope } from "../../../daemon/evaluate/formula/formula.ts";
import { zeroScope } from "../../../daemon/evaluate/formula/scope.ts";
import { randomNumbers } from "./random-numbers.ts";
import { formulasOf, row, sampleAt, stateOf, type TestRule } from "./rule-for-tests.ts";
import { timeScript } from "./time-script.ts";

timeScript("a count that is too low is judged once the window is full", { threshold: "value < 5", window: 4 }, [
  [1, "no_data"],
  [1, "no_data"],
  [1, "no_data"],
  [1, "firing:warning > firing:warning"],
  [9, "resolved:warning > ok"],
]);

timeScript("a count that has passed its limit is judged at once", { threshold: "value > 5", window: 60 }, [
  [3, "ok"],
  [3, "firing:warning > firing:warning"],
  [0, "firing:warning"],
]);

timeScript(
  "a rate is by the whole window, and so passes its limit late",
  { threshold: "rate(value) > 10", window: 4 },
  [
    [30, "ok"],
    [11, "firing:warning > firing:warning"],
  ],
);

timeScript(
  "each level is judged by itself",
  { threshold: { warning: "value < 9", critical: "value > 20" }, window: 3 },
  [
    [1, "no_data"],
    [20, "firing:critical > firing:critical"],
    [0, "firing:critical"],
    [0, "resolved:critical > ok"],
  ],
);

timeScript(
  "a sum of values that may be negative waits",
  { aggregates: { value: ["sum", "signed"] }, threshold: "value > 5", window: 3 },
  [
    [9, "no_data"],
    [0, "no_data"],
    [0, "firing:warning > firing:warning"],
  ],
);

timeScript(
  "averages speak of what was seen",
  { aggregates: { value: "max" }, threshold: "value > 5 and not (value > 100)", window: 60 },
  [["nothing", "no_data"]],
);

timeScript(
  "a when from above waits, as a threshold does",
  { threshold: { when: "value < 5", warning: "value > 2" }, window: 3 },
  [
    [3, "no_data"],
    [0, "no_data"],
    [0, "firing:warning > firing:warning"],
  ],
);

timeScript("filled says how much of the window has been seen", { threshold: "value > 2 and filled > 0.5", window: 4 }, [
  [3, "ok"],
  [0, "ok"],
  [0, "firing:warning > firing:warning"],
]);

test("a key that is too early to judge says so, with the time that was seen", () => {
  const state = stateOf({ threshold: "value < 5", window: 3600 });
  const reasons = [1, 1].map((count, index) => {
    evaluateRule(state, sampleAt(index + 1, [row([count])]), { unixMs: 0, tickMs: 1000 });
    return alertViews(state)[0]?.reason ?? "";
  });
  assert.match(reasons[1] ?? "", /^too early to judge: .*2 < 5.*, but only 2s of the window of 1h have been seen$/);
});

test("a clear that cannot be judged yet keeps firing, and a gap ends nothing", () => {
  const state = stateOf({ threshold: { warning: "value > 5", clear: "value < 3" }, window: 10 });
  const states = [9, 0, 0].map((count, index) => {
    evaluateRule(state, sampleAt(index + 1, [row([count])]), { unixMs: 0, tickMs: 1000 });
    return alertViews(state)[0]?.state;
  });
  // The host sleeps for a minute: all that was counted leaves the window, in which one second of
  // ten is seen.
  evaluateRule(state, sampleAt(64, [row([0])], {}, 61_000), { unixMs: 0, tickMs: 1000, suspendedMs: 60_000 });
  const [view] = alertViews(state);
  assert.deepEqual([...states, view?.state], ["firing", "firing", "firing", "firing"]);
});

test("the timer of for stops while a gap makes it too early to judge", () => {
  const state = stateOf({ threshold: "value < 5", window: 2, for: 4 });
  const at = (second: number, intervalMs = 1000, suspendedMs = 0): string | undefined => {
    evaluateRule(state, sampleAt(second, [row([1])], {}, intervalMs), { unixMs: 0, tickMs: 1000, suspendedMs });
    return alertViews(state)[0]?.state;
  };
  assert.deepEqual(
    [1, 2, 3, 4].map((second) => at(second)),
    ["no_data", "pending", "pending", "pending"],
  );
  assert.deepEqual([at(60, 56_000, 55_000), at(61), at(62), at(63)], ["pending", "pending", "firing", "firing"]);
});

/** The numbers that a condition is made of, and conditions of them. */
function randomCondition(random: (below: number) => number, depth = 3): string {
  const kind = random(depth > 0 ? 5 : 1);
  const inner = (): string => randomCondition(random, depth - 1);
  if (kind === 1) return `(${inner()} and ${inner()})`;
  if (kind === 2) return `(${inner()} or ${inner()})`;
  if (kind === 3) return `not (${inner()})`;
  const operator = [">", ">=", "<", "<=", "==", "!="][random(6)] ?? ">";
  return `${randomTotal(random, 2)} ${operator} ${randomTotal(random, 1)}`;
}

function randomTotal(random: (below: number) => number, depth: number): string {
  const kind = random(depth > 0 ? 7 : 3);
  const inner = (): string => randomTotal(random, depth - 1);
  const name = ["a", "b"][random(2)] ?? "a";
  switch (kind) {
    case 3:
      return `(${inner()} + ${inner()})`;
    case 4:
      return `(${inner()} - ${inner()})`;
    case 5:
      return `(${inner()} * ${random(7) - 3})`;
    case 6:
      return `(${inner()} > ${random(6)} ? ${inner()} : ${random(6)})`;
    case 2:
      return `${random(12) - 2}`;
    default:
      return name;
  }
}

test("an early result stays the same after more events", () => {
  const random = randomNumbers(1);
  let judged = 0;
  for (let round = 0; round < 3000; round++) {
    const threshold = randomCondition(random);
    const rule: TestRule = { aggregates: { a: "count", b: "count" }, threshold };
    const formulas = formulasOf(rule);
    const formula = formulas.levels[0]?.formula;
    const scopeOf = (a: number, b: number): Scope => ({ ...zeroScope(formulas), aggregates: [a, b] });
    const [a, b] = [random(6), random(6)];
    const settled = formula?.settled(scopeOf(a, b));
    if (settled === undefined) continue;
    judged++;
    for (let future = 0; future < 30; future++) {
      const [laterA, laterB] = [a + random(future), b + random(future)];
      const later = formula?.evaluate(scopeOf(laterA, laterB));
      assert.equal(later, settled, `${threshold} with a ${a}, b ${b}, then ${laterA}, ${laterB}`);
    }
  }
  assert.ok(judged > 500, `only ${judged} were judged early`);
});
