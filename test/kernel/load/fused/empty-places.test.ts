import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { startCallers, type Callers } from "../../loads/getppid-on-all-cpus.ts";
import { kernelTestNeeding } from "../../needs.ts";
import { heldPrograms } from "../../support/held-programs.ts";
import { countOf, RulesTogether } from "../../support/rules-together.ts";
import { refusedInSets } from "./refused-in-sets.ts";

const counting = ({ rule }: Callers, name: string): string => `${rule.replace("callers", name)}aggregate: count()\n`;

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
