import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { enableRunStatistics } from "libbpf-ts";
import { thisGuest } from "../../../vm/features.ts";
import type { ProgramTotals } from "../../../../bpf/load/loaded-object.ts";
import { startCallers } from "../../loads/getppid-on-all-cpus.ts";
import { kernelTestNeeding } from "../../needs.ts";
import { kernelTest } from "../../privilege.ts";
import { hostKernel } from "../../support/loaded-rule.ts";
import { countOf, RulesTogether } from "../../support/rules-together.ts";
import { refusedInSets } from "./refused-in-sets.ts";

/** Guests in software emulation take a hundred times as long for each. */
const EVENTS = Number(process.env["FUSED_EVENTS"] ?? (thisGuest === undefined ? 2_000_000 : 20_000));
const RELOADS = thisGuest === undefined ? 50 : 5;
const MANY = thisGuest === undefined ? 200 : 12;

kernelTest(
  `none of ${EVENTS} events is lost or counted twice over ${RELOADS} reloads of single rules`,
  async (context) => {
    await using callers = startCallers();
    await using rules = new RulesTogether(true);
    // more than fit into one program
    const kept = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [
        `kept_${index}`,
        `${callers.rule}${index % 2 === 0 ? "by: {key: key, comm: comm}\n" : ""}aggregate: count()\n`,
      ]),
    );
    const changed = (version: number): string =>
      `${callers.rule.replace("callers", `v${version}`)}by: [comm]\naggregate: sum(key + ${version})\n`;
    await rules.load({ first: changed(0), ...kept, last: changed(1) });
    const totals = new Map<string, bigint>();
    const take = async (): Promise<void> => {
      for (const [name, drained] of await rules.drain()) totals.set(name, (totals.get(name) ?? 0n) + countOf(drained));
    };
    let made: number | undefined;
    const done = callers.call(Math.ceil(EVENTS / hostKernel.possibleCpus), 16).then((count) => (made = count));
    let reloads = 0;
    while (made === undefined || reloads < RELOADS) {
      if (reloads < RELOADS) await rules.replace(reloads % 2 === 0 ? "first" : "last", changed(++reloads));
      if (reloads % 5 === 0) await rules.merge();
      await take();
      await turn();
    }
    await done;
    await take();
    await take();
    context.diagnostic(`${made} events over ${reloads} reloads`);
    const expected = Object.keys(kept).map((name) => [name, BigInt(made ?? 0)]);
    assert.deepEqual(
      expected.map(([name]) => [name, totals.get(String(name))]),
      expected,
    );
  },
);

kernelTest(`${MANY} rules at one tracepoint count each event`, async () => {
  await using callers = startCallers();
  await using rules = new RulesTogether(true);
  const texts = Array.from({ length: MANY }, (_, index) => [
    `rule_${index}`,
    `${callers.rule}by: {key: key}\naggregate: {n: count(), s: sum(key + ${index})}\n`,
  ]);
  await rules.load(Object.fromEntries(texts));
  const made = await callers.call(1000, 4);
  const drained = await rules.drain();
  assert.deepEqual(
    [...drained].map(([name, each]) => [name, countOf(each), each.rows.length]),
    texts.map(([name]) => [name, BigInt(made), 4]),
  );
});

kernelTest("a rule that the verifier refuses beside others runs alone, and costs them nothing", async () => {
  await using callers = startCallers();
  const rule = (name: string): string => `${callers.rule.replace("callers", name)}aggregate: count()\n`;
  await using rules = new RulesTogether(true, {
    alter: (object) => (object.rule === "refused" ? refusedInSets(object) : object),
  });
  await rules.load({ first: rule("first") });
  await rules.load({ second: rule("second"), refused: rule("refused"), third: rule("third") });
  const made = BigInt(await callers.call(100));
  const counts = [...(await rules.drain())].map(([name, drained]) => [name, countOf(drained)]);
  assert.deepEqual(
    counts,
    ["first", "second", "refused", "third"].map((name) => [name, made]),
  );
  assert.equal(rules.refused.length, 1);
  assert.match(rules.refused[0] ?? "", /R7 !read_ok/);
});

kernelTestNeeding(
  "page_fault_record",
  "more rules count the records of one tracepoint than the kernel attaches programs to it",
  async () => {
    // BPF_TRACE_MAX_PROGS in kernel/trace/bpf_trace.c
    const most = thisGuest === undefined ? 64 : 2;
    await using callers = startCallers();
    await using rules = new RulesTogether(true);
    const text = (index: number): string =>
      `rule: faults_${index}\nprobe: tracepoint:exceptions:page_fault_user\nfilter: pid == ${callers.pid} and args.address != ${index}\naggregate: count()\n`;
    const texts = Array.from({ length: most + 6 }, (_, index) => [`faults_${index}`, text(index)]);
    await rules.load(Object.fromEntries(texts));
    const [object] = rules.objects.values();
    assert.equal(object?.spec.programs[0]?.type, "tracepoint");
    // its threads are new, and so are their stacks
    await callers.call(1);
    const counts = [...(await rules.drain()).values()].map(countOf);
    assert.deepEqual(rules.refused, []);
    assert.equal(counts.length, most + 6);
    assert.deepEqual(new Set(counts).size, 1);
    assert.ok((counts[0] ?? 0n) > 0n);
  },
);

kernelTest("each rule has its own time and runs while the kernel measures programs", async () => {
  await using callers = startCallers();
  await using rules = new RulesTogether(true);
  const rule = (name: string, rest: string): string =>
    `${callers.rule.replace("callers", name)}${rest}aggregate: count()\n`;
  await rules.load({ cheap: rule("cheap", ""), costly: rule("costly", "by: {comm: comm, pcomm: pcomm, exe: exe}\n") });
  await callers.call(100);
  const costs = (): readonly ProgramTotals[] => [...rules.objects.values()].map((object) => object.totals());
  assert.deepEqual(
    costs().map(({ runCount }) => runCount),
    [0n, 0n],
  );
  using _ = enableRunStatistics();
  await callers.call(1);
  rules.measure();
  const made = BigInt(await callers.call(1000));
  const [cheap, costly] = costs();
  assert.ok(cheap !== undefined && costly !== undefined && cheap.runCount >= made && costly.runCount >= made);
  assert.ok(costly.runTimeNs > cheap.runTimeNs && cheap.runTimeNs > 0n);
  assert.equal(
    countOf((await rules.drain()).get("cheap") ?? assert.fail()),
    made + BigInt(101 * hostKernel.possibleCpus),
  );
});
