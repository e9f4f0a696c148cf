import assert from "node:assert/strict";
import { startCallers, type Callers } from "../../loads/getppid-on-all-cpus.ts";
import { kernelTest } from "../../privilege.ts";
import { countOf, RulesTogether } from "../../support/rules-together.ts";

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
