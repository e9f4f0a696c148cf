import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { startCallers, type Callers } from "../../loads/getppid-on-all-cpus.ts";
import { kernelTestNeeding } from "../../needs.ts";
import { kernelTest } from "../../privilege.ts";
import { heldPrograms } from "../../support/held-programs.ts";
import { countOf, RulesTogether } from "../../support/rules-together.ts";
import { refusedInSets } from "./refused-in-sets.ts";

/** More than a chain has programs, with the two that are attached alone. */
const MANY = 40;

const counting = ({ rule }: Callers, name: string): string => `${rule.replace("callers", name)}aggregate: count()\n`;

kernelTest("rules that come one after the other are merged, although they are too many for one chain", async () => {
  await using callers = startCallers();
  await using rules = new RulesTogether(true);
  const names = Array.from({ length: MANY }, (_, index) => `rule_${index}`);
  const holds = async (): Promise<void> => {
    const made = BigInt(await callers.call(100));
    const counts = [...(await rules.drain())].map(([name, drained]) => [name, countOf(drained)]);
    assert.deepEqual(
      counts,
      [...rules.objects.keys()].map((name) => [name, made]),
    );
  };
  for (const name of names) await rules.load({ [name]: counting(callers, name) });
  const alone = rules.refused.length;
  assert.ok(alone > 0);
  await holds();
  await rules.merge();
  await rules.load({ late: counting(callers, "late") });
  assert.equal(rules.refused.length, alone);
  await holds();
});

kernelTestNeeding(
  "page_fault_record",
  "a place whose parts have ended, or were all refused, keeps no program",
  async () => {
    await using callers = startCallers();
    const before = heldPrograms();
    {
      await using rules = new RulesTogether(true, { alter: refusedInSets });
      const record = (name: string): string =>
        `rule: ${name}\nprobe: tracepoint:exceptions:page_fault_user\naggregate: {n: count(), s: max(args.address)}\n`;
      await rules.load({ first: counting(callers, "first"), second: counting(callers, "second") });
      await rules.load({ record: record("record") });
      assert.equal(rules.refused.length, 3);
      await untilEqual(heldPrograms, before + rules.objects.size);
      const made = BigInt(await callers.call(100));
      assert.deepEqual([...(await rules.drain()).values()].slice(0, 2).map(countOf), [made, made]);
    }
    await using rules = new RulesTogether(true);
    await rules.load({ first: counting(callers, "first"), second: counting(callers, "second") });
    const [start, fused] = [1, 1];
    assert.equal(heldPrograms(), before + rules.objects.size + start + fused);
    for (const object of rules.objects.values()) await object[Symbol.asyncDispose]();
    await untilEqual(heldPrograms, before);
  },
);

async function untilEqual(actual: () => number, expected: number): Promise<void> {
  for (let attempt = 0; attempt < 100 && actual() !== expected; attempt++) await setTimeout(20);
  assert.equal(actual(), expected);
}
