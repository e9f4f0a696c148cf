import assert from "node:assert/strict";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { KernelFactsError } from "../../../bpf/kernel/kernel-facts-error.ts";
import { openGenerations, type Generations } from "../../../bpf/load/generations.ts";
import { RuleSet, type SwapOptions } from "../../../daemon/run/rule-set.ts";
import type { FoundRules } from "../../../daemon/rules/find-configuration.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";
import { kernelTest } from "../privilege.ts";
import { heldBy } from "../support/kernel-ids.ts";
import { hostKernel } from "../support/loaded-rule.ts";
import { waitUntil } from "../support/wait-until.ts";
import { plainHost } from "../support/plain-names.ts";
import { recordingRule } from "./call-rules.ts";

const DEFAULTS = { windowMs: 60_000, keyLimit: 10, ringBytes: 1 << 16 };

function rulesOf(...texts: readonly string[]): FoundRules {
  const { rules } = readRules({ path: "rules.yaml", text: texts.join("---\n") }, DEFAULTS);
  assert.equal(rules.length, texts.length);
  return { rules, isBroken: () => false, lacksDropIn: () => false };
}

function optionsOf(kernel: Kernel, generations: Generations, modulesChanged = false): SwapOptions {
  return {
    load: { kernel, generations, memoryBytes: 1 << 30 },
    tickMs: 1000,
    nowMs: () => 0,
    nowUnixMs: () => 0,
    judged: () => Promise.resolve(),
    remember: () => undefined,
    names: plainHost,
    modulesChanged,
    isDue: () => false,
  };
}

kernelTest("an unchanged rule is loaded again only if modules have brought it another probe", async () => {
  using generations = openGenerations();
  const set = new RuleSet();
  const hidden = "tracepoint:syscalls:sys_enter_getpriority";
  const probe = `[${hidden}, tracepoint:syscalls:sys_enter_getppid]`;
  const moving = rulesOf(
    `rule: moving\nprobe: ${probe}\naggregate: count()\n`,
    `rule: staying\nprobe: tracepoint:syscalls:sys_enter_getppid\naggregate: count()\n`,
  );
  const without: Kernel = {
    ...hostKernel,
    tracepoint: (category, name) => (hidden.endsWith(name) ? undefined : hostKernel.tracepoint(category, name)),
  };
  await using all = new AsyncDisposableStack();
  const swap = async (kernel: Kernel, modulesChanged: boolean): Promise<readonly (readonly string[])[]> => {
    const { started, ended } = await set.swap(moving, optionsOf(kernel, generations, modulesChanged));
    for (const rule of started) all.use(rule);
    return [
      ...started.map((rule) => [rule.name, ...rule.object.attached.map(({ point }) => point)]),
      ended.map(({ reason }) => reason),
    ];
  };
  const getppid = "tracepoint:syscalls:sys_enter_getppid";
  assert.deepEqual(await swap(without, false), [["moving", getppid], ["staying", getppid], []]);
  assert.deepEqual(await swap(hostKernel, false), [[]]);
  assert.deepEqual(await swap(hostKernel, true), [
    ["moving", hidden],
    ["its probes changed with the kernel's modules"],
  ]);
});

kernelTest("if facts of the kernel fail midway, the loaded rules are freed and the running ones continue", async () => {
  using generations = openGenerations();
  const set = new RuleSet();
  const optionsFor = (kernel: Kernel): SwapOptions => optionsOf(kernel, generations);
  await set.swap(rulesOf(recordingRule("old", 1)), optionsFor(hostKernel));
  const [old] = set.rules;
  await using running = old;
  assert.ok(running);
  const before = heldBy(process.pid);

  const gone = new KernelFactsError("tracefs is not mounted any more");
  const failing: Kernel = {
    ...hostKernel,
    tracepoint: (category, name) => {
      if (category === "sched") throw gone;
      return hostKernel.tracepoint(category, name);
    },
  };
  const last = recordingRule("last", 3).replace("syscalls:sys_enter_getpriority", "sched:sched_switch");
  await assert.rejects(set.swap(rulesOf(recordingRule("first", 2), last), optionsFor(failing)), gone);
  assert.deepEqual(set.rules, [running]);
  await waitUntil("the kernel to free it", () => {
    const now = heldBy(process.pid);
    return JSON.stringify(now) === JSON.stringify(before);
  });
});

kernelTest("if they fail as a paused rule is loaded again, new rules are freed too", async () => {
  using generations = openGenerations();
  const set = new RuleSet();
  const costly = "rule: costly\nprobe: tracepoint:sched:sched_switch\naggregate: count()\n";
  await set.swap(rulesOf(costly), optionsOf(hostKernel, generations));
  await using running = set.rules[0];
  await running?.pause("it costs too much");
  const before = heldBy(process.pid);
  const gone = new KernelFactsError("tracefs is not mounted any more");
  const failing: Kernel = {
    ...hostKernel,
    tracepoint: (category, name) => {
      if (category === "sched") throw gone;
      return hostKernel.tracepoint(category, name);
    },
  };
  const options = { ...optionsOf(failing, generations), isDue: () => true };
  await assert.rejects(set.swap(rulesOf(costly, recordingRule("new", 7)), options), gone);
  assert.deepEqual(set.rules, [running]);
  await waitUntil("the kernel to free it", () => JSON.stringify(heldBy(process.pid)) === JSON.stringify(before));
});

kernelTest("a rule gets its new labels after its earlier counts have been judged", async () => {
  using generations = openGenerations();
  const set = new RuleSet();
  const options = optionsOf(hostKernel, generations);
  const text = recordingRule("presented", 4);
  await set.swap(rulesOf(text), options);
  await using running = set.rules[0];
  const judging = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const judged: SwapOptions["judged"] = (rule) => {
    assert.equal(rule, running);
    asked.resolve();
    return judging.promise;
  };
  const swap = set.swap(rulesOf(`${text}labels: {team: network}\n`), { ...options, judged });
  await asked.promise;
  assert.deepEqual(running?.built.rule.labels, {});
  judging.resolve();
  assert.equal((await swap).updated[0]?.rule, running);
  assert.deepEqual(running?.built.rule.labels, { team: "network" });
});

kernelTest("a rule stays as it runs while a drop-in of its file cannot be applied", async () => {
  using generations = openGenerations();
  const set = new RuleSet();
  await using all = new AsyncDisposableStack();
  const rule = (name: string, over: number): string =>
    `rule: ${name}\nprobe: tracepoint:syscalls:sys_enter_getppid\naggregate: count()\nthreshold: value > ${over}\n`;
  const swap = async (found: FoundRules): Promise<readonly string[]> => {
    const { started, ended } = await set.swap(found, optionsOf(hostKernel, generations));
    for (const each of started) all.use(each);
    return [...started.map(({ name }) => `+${name}`), ...ended.map((each) => `-${each.rule.name}`)];
  };
  assert.deepEqual(await swap(rulesOf(rule("tuned", 500))), ["+tuned"]);
  const lacking = { ...rulesOf(rule("tuned", 10), rule("other", 1)), isBroken: () => true, lacksDropIn: () => true };
  assert.deepEqual(await swap(lacking), ["+other"]);
  assert.deepEqual(await swap({ ...rulesOf(rule("tuned", 10)), isBroken: () => true }), ["+tuned", "-tuned"]);
});

kernelTest("a paused rule runs again when its pause ends, also while its file is broken", async () => {
  using generations = openGenerations();
  const set = new RuleSet();
  await using all = new AsyncDisposableStack();
  const paused = new Set<string>();
  /** asked for while the set still has them */
  const awaited: (string | undefined)[] = [];
  const judged: SwapOptions["judged"] = (rule) => {
    awaited.push(set.get(rule.name) === rule ? rule.name : undefined);
    return Promise.resolve();
  };
  const swap = async (found: FoundRules): Promise<readonly string[]> => {
    const isDue: SwapOptions["isDue"] = ({ name }) => paused.has(name);
    const options = { ...optionsOf(hostKernel, generations), isDue, judged };
    const { started, ended } = await set.swap(found, options);
    for (const each of started) all.use(each);
    return [...started.map(({ name }) => `+${name}`), ...ended.map(({ reason }) => reason)];
  };
  const found = rulesOf(recordingRule("costly", 5));
  assert.deepEqual(await swap(found), ["+costly"]);
  const [before] = set.rules;
  await before?.pause("it costs too much");
  before?.foundIn("moved.yaml");
  const broken: FoundRules = { ...found, rules: [], isBroken: (path) => path === "moved.yaml" };
  assert.deepEqual(await swap(broken), []);
  paused.add("costly");
  assert.deepEqual(await swap(broken), ["+costly", "its pause ended"]);
  assert.deepEqual(awaited, ["costly"]);
  const [after] = set.rules;
  assert.deepEqual([after?.isPaused, after?.identity.path], [false, "moved.yaml"]);
  assert.equal(after?.state, before?.state);
  assert.deepEqual(await swap({ ...broken, isBroken: () => false }), ["the rule was removed"]);
});
