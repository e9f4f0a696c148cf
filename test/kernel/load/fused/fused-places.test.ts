import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { compileProgram } from "../../../../bpf/compile/compile-program.ts";
import type { ObjectSpec } from "../../../../bpf/compile/object-spec.ts";
import { thisGuest } from "../../../vm/features.ts";
import { startCallers } from "../../loads/getppid-on-all-cpus.ts";
import { kernelTest } from "../../privilege.ts";
import { build, hostKernel } from "../../support/loaded-rule.ts";
import { countOf, RulesTogether } from "../../support/rules-together.ts";

const PLACES = [
  "rawtracepoint:sys_enter",
  "rawtracepoint:sys_exit",
  "rawtracepoint:sched_switch",
  "rawtracepoint:sched_wakeup_new",
  "rawtracepoint:sched_process_fork",
  "rawtracepoint:task_newtask",
  "rawtracepoint:sched_process_exec",
  "rawtracepoint:sched_process_exit",
];
const RULES = 4;
const ROUNDS = thisGuest === undefined ? 50 : 5;

kernelTest("no event interrupts a fused program of its place", async () => {
  await using callers = startCallers();
  await using rules = new RulesTogether(true);
  // slow ones, which many interrupts meet
  const texts = PLACES.flatMap((probe) =>
    Array.from({ length: RULES }, (_, index) => [
      `${probe} ${index}`,
      `rule: r${index}\nprobe: ${probe}\nby: {comm: comm, parent: pcomm, exe: exe}\naggregate: count()\n`,
    ]),
  );
  await rules.load(Object.fromEntries(texts));
  const called = callers.call(1000 * ROUNDS, 4);
  for (let round = 0; round < ROUNDS; round++) execFileSync("/bin/true");
  await called;
  const drained = await rules.drain();
  // undefined before 5.12, which does not count them
  const skipped = [...rules.objects.values()].map((object) => object.totals().skipped ?? 0n);
  assert.deepEqual(new Set(skipped), new Set([0n]));
  for (const probe of PLACES) {
    const counts = texts.flatMap(([name = ""]) => (name.startsWith(`${probe} `) ? [drained.get(name)] : []));
    assert.ok(
      counts.every((each) => each !== undefined && countOf(each) > 0n),
      probe,
    );
  }
});

const waking = (text: string): ObjectSpec =>
  compileProgram({ ...build(text).checked, wakes: true }, hostKernel, { parts: true });

kernelTest("fused rules wake the reader each for itself", async () => {
  await using callers = startCallers();
  await using rules = new RulesTogether(true, { alter: ({ rule }) => waking(texts[rule] ?? "") });
  const rule = (name: string): string => callers.rule.replace("callers", name);
  const texts: Readonly<Record<string, string>> = {
    count: `${rule("count")}aggregate: count()\n`,
    by_key: `${rule("by_key")}by: {key: key}\naggregate: count()\n`,
    other: `${rule("other")}aggregate: count()\n`,
  };
  await rules.load(texts);
  const wakes = ["count", "by_key", "other"].map((name) => rules.objects.get(name)?.wakes ?? assert.fail());
  const [count, byKey, other] = wakes;
  count?.give(2000n, undefined);
  byKey?.give(1_000_000n, undefined);
  other?.give(1_000_000n, undefined);
  await callers.call(100);
  assert.deepEqual(
    wakes.flatMap((each) => each.woken()),
    [],
  );
  await callers.call(2000);
  assert.deepEqual(
    wakes.map((each) => each.woken().length),
    [1, 0, 0],
  );
});

kernelTest("a rule at one system call counts it, whatever other rules are about", async () => {
  await using callers = startCallers();
  await using rules = new RulesTogether(true);
  const ofCall = (name: string, call: string): string =>
    `rule: ${name}\nprobe: tracepoint:syscalls:sys_enter_${call}\nfilter: pid == ${callers.pid}\naggregate: count()\n`;
  // more than fit into one program, so that some programs are for no call of the process
  const others = Array.from({ length: 80 }, (_, index) => [
    `other_${index}`,
    ofCall(`o${index}`, index % 2 === 0 ? "mount" : "getppid"),
  ]);
  await rules.load(Object.fromEntries(others));
  await rules.load({
    late: ofCall("late", "getppid"),
    all: callers.rule.replace(/and args.id.*/, "").concat("aggregate: count()\n"),
  });
  const made = BigInt(await callers.call(1000));
  const before = await rules.drain();
  const expected = others.map(([name = "", text = ""]) => [name, text.includes("mount") ? 0n : made]);
  assert.deepEqual(
    others.map(([name = ""]) => [name, countOf(before.get(name) ?? assert.fail())]),
    expected,
  );
  assert.equal(countOf(before.get("late") ?? assert.fail()), made);
  assert.ok(countOf(before.get("all") ?? assert.fail()) > made);
  await rules.merge();
  const again = BigInt(await callers.call(1000));
  const after = await rules.drain();
  for (const [name = "", count] of [...expected, ["late", made]]) {
    assert.equal(countOf(after.get(String(name)) ?? assert.fail()), count === 0n ? 0n : again, String(name));
  }
});
