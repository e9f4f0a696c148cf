import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { skipWithoutBpf } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { CALLED_WITH, callWith } from "../support/raw-syscall.ts";

/** A rule that looks at the calls of this process: `set` and `value` use what is kept for `key`. */
const rule = (key: string, value: string, set: string): string => `rule: memory
state: {own: {by: ["${key}"], keep: [first, calls, last]}}
${CALLED_WITH}
aggregate: ${value}
set: ${set}
`;

async function totalOf(text: string, numbers: readonly bigint[]): Promise<number | undefined> {
  await using loaded = new LoadedRule(text);
  for (const number of numbers) callWith(number);
  const [totals] = await loaded.totals();
  return totals?.["value"];
}

suite("state of a rule", { skip: skipWithoutBpf }, () => {
  test("is 0 at first, then the last value that was set", async () => {
    const sumOfSteps = rule("tid", "sum(last)", "{last: number}");
    assert.equal(await totalOf(sumOfSteps, [5n, 7n, 100n]), 0 + 5 + 7);
  });

  test("is kept separately for each key", async () => {
    const calls = rule("number", "sum(calls)", "{calls: calls + 1}");
    assert.equal(await totalOf(calls, [1n, 2n, 1n, 1n, 2n]), 0 + 0 + 1 + 2 + 1);
  });

  test("is set at once: each name from the earlier values of all", async () => {
    const swapped = rule("tid", "sum(first * 10 + last)", "{last: first, first: number}");
    assert.equal(await totalOf(swapped, [1n, 2n, 3n]), 0 + 10 + 21);
  });

  test("counts the same whether some, all or none of its values are 0", async () => {
    const text = `rule: memory
state:
  mine: { by: ["number & 3"], keep: [a, b, c] }
  common: { by: [tid], keep: [d, e] }
${CALLED_WITH}
aggregate: "sum(a * 7 + b + (c > d ? 100 : d) + e)"
set: { a: "(a + number) % 3", b: "a == 0 ? 0 : number % 2", d: "(d + a + number) % 2", e: "number % 5 == 0 ? d : 0" }
`;
    const numbers = Array.from({ length: 300 }, (_, index) => BigInt((index * 7919) % 101));
    const kept = new Map<number, { a: number; b: number }>();
    let [d, e, sum] = [0, 0, 0];
    for (const number of numbers.map(Number)) {
      const { a, b } = kept.get(number & 3) ?? { a: 0, b: 0 };
      sum += a * 7 + b + d + e;
      kept.set(number & 3, { a: (a + number) % 3, b: a === 0 ? 0 : number % 2 });
      [d, e] = [(d + a + number) % 2, number % 5 === 0 ? d : 0];
    }
    assert.equal(await totalOf(text, numbers), sum);
  });

  test("goes back to 0", async () => {
    const cleared = rule("tid", "sum(calls)", '{calls: "number == 0 ? 0 : calls + 1"}');
    assert.equal(await totalOf(cleared, [1n, 1n, 0n, 1n, 1n]), 0 + 1 + 2 + 0 + 1);
  });
});
