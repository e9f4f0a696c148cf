import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CpuBudget } from "../../../../daemon/run/budget/cpu-budget.ts";

const LIMIT = 0.05;

function measured(...measurements: readonly Readonly<Record<string, number>>[]): CpuBudget {
  const budget = new CpuBudget();
  for (const each of measurements) budget.add(new Map(Object.entries(each)));
  return budget;
}

function fiveTimes(shares: Readonly<Record<string, number>>): Readonly<Record<string, number>>[] {
  return Array.from({ length: 5 }, () => shares);
}

suite("the budget of CPU time", () => {
  test("names a rule that is over it in five measurements", () => {
    const budget = measured(...fiveTimes({ cheap: 0.01, costly: 0.07 }));
    assert.deepEqual(budget.over(LIMIT), { rule: "costly", share: meanOf(0.07) });
  });

  test("names nothing before the fifth measurement, or after one that was below it", () => {
    const four = fiveTimes({ costly: 0.07 }).slice(1);
    assert.equal(measured(...four).over(LIMIT), undefined);
    assert.equal(measured(...four, { costly: 0.01 }).over(LIMIT), undefined);
    assert.equal(measured({ costly: 0.01 }, ...four).over(LIMIT), undefined);
  });

  test("names the costliest rule if only all together are over it", () => {
    const over = measured(...fiveTimes({ a: 0.02, b: 0.03, c: 0.02 })).over(LIMIT);
    assert.equal(over?.rule, "b");
    assert.ok(Math.abs((over.together ?? 0) - 0.07) < 1e-9);
  });

  test("measures more often from the first measurement that is over it", () => {
    assert.equal(measured({ costly: 0.07 }).isSuspicious(LIMIT), true);
    assert.equal(measured({ costly: 0.07 }, { costly: 0.04 }).isSuspicious(LIMIT), false);
    assert.equal(measured().isSuspicious(LIMIT), false);
  });

  test("judges anew after a rule was detached", () => {
    const budget = measured(...fiveTimes({ costly: 0.07 }));
    budget.clear();
    assert.equal(budget.over(LIMIT), undefined);
  });
});

/** Returns the mean of five equal numbers, as it is rounded. */
function meanOf(share: number): number {
  return (share + share + share + share + share) / 5;
}
