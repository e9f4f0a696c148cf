import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { openGenerations } from "../../../../bpf/load/generations.ts";
import type { Drained } from "../../../../bpf/load/loaded-object.ts";
import type { MergedSlots } from "../../../../bpf/load/merged-slots.ts";
import { thisGuest } from "../../../vm/features.ts";
import { tryRule } from "../../compile/random-rules-load.ts";
import { Random } from "../../compile/random-rules-random.ts";
import { Rules, ruleText } from "../../compile/random-rules-rule.ts";
import { startTimedCalls } from "../../../bench/timed-calls.ts";
import { kernelTest } from "../../privilege.ts";
import { hostKernel } from "../../support/loaded-rule.ts";
import { RulesTogether } from "../../support/rules-together.ts";

/** The number of sets with fixed seeds; more by hand with RANDOM_SETS=100, from RANDOM_SEED on. */
const SETS = Number(process.env["RANDOM_SETS"] ?? (thisGuest === undefined ? 3 : 1));
const FIRST = Number(process.env["RANDOM_SEED"] ?? 0);
const CALLS = 200;
const LIMITS = { keyLimit: 64, ringBytes: 4096 };

/** Probes at few places, at which the callers cause events. */
const EXITS = ["tracepoint:syscalls:sys_exit_getppid", "tracepoint:raw_syscalls:sys_exit"];
const PROBES = {
  pools: [
    [...EXITS, "tracepoint:syscalls:sys_enter_getppid", "tracepoint:raw_syscalls:sys_enter", "rawtracepoint:sys_enter"],
    ["rawtracepoint:sys_exit", "tracepoint:syscalls:sys_enter_getppid", "tracepoint:sched:sched_process_fork"],
  ],
  exits: EXITS,
};

/**
 * These differ between two programs at one event: they ask for the time or for their callers, or
 * depend on events of other processes, which can come between the two, or on an interrupt between
 * the two that wakes a thread (record_wakee in kernel/sched/fair.c).
 */
const DIFFERS = /\b(now|elapsed|kstack|ustack|last\()|"match"|wakee/;

kernelTest("random rules count as much fused as apart, and no fused program is refused", async (context) => {
  for (let seed = FIRST; seed < FIRST + SETS; seed++) {
    // one thread: rules can depend on the order in which several threads come
    await using callers = startTimedCalls();
    const texts = await randomSet(seed, callers.pid);
    await using apart = new RulesTogether(false, { limits: LIMITS });
    await using fused = new RulesTogether(true, { limits: LIMITS });
    await untilAsleep(callers.pid);
    await apart.load(texts);
    await fused.load(texts);
    assert.deepEqual(fused.refused, [], `seed ${seed}`);
    // between the calls it causes no events, which one set could see and the other not
    await untilAsleep(callers.pid);
    await callers.call(CALLS);
    await untilAsleep(callers.pid);
    const [first, second] = [await apart.drain(), await fused.drain()];
    const equal = Object.entries(texts).filter(([, text]) => !DIFFERS.test(text));
    for (const [name, text] of equal) {
      assert.deepEqual(counted(second.get(name)), counted(first.get(name)), `seed ${seed}: ${text}`);
    }
    const matched = equal.filter(([name]) => (first.get(name)?.health.matched ?? 0n) > 0n).length;
    context.diagnostic(`seed ${seed}: ${Object.keys(texts).length} rules, ${matched} of ${equal.length} matched`);
  }
});

/** Resolves once the only thread of a process waits. */
async function untilAsleep(pid: number): Promise<void> {
  while (!readFileSync(`/proc/${pid}/stat`, "utf8").includes(") S ")) await setTimeout(1);
}

/** Returns 2 to 40 rules that type-check, by name. Each counts only what the process does. */
async function randomSet(seed: number, pid: number): Promise<Readonly<Record<string, string>>> {
  const random = new Random(seed);
  const size = random.between(2, 40);
  const texts: Record<string, string> = {};
  using generations = openGenerations();
  while (Object.keys(texts).length < size) {
    const text = ofProcess(ruleText(new Rules(random, hostKernel, PROBES).rule()), pid);
    const { kind } = await tryRule(text, hostKernel, generations);
    if (kind === "loaded") texts[`rule_${Object.keys(texts).length}`] = text;
  }
  return texts;
}

type Signal = Record<string, unknown>;

function ofProcess(text: string, pid: number): string {
  const rule = JSON.parse(text) as Signal;
  const restrict = (signal: Signal): Signal => {
    const { filter } = signal;
    const own = `pid == ${pid}`;
    return { ...signal, filter: typeof filter === "string" ? `${own} and (${filter})` : own };
  };
  const { signals } = rule as { readonly signals?: Record<string, Signal> };
  if (signals === undefined) return JSON.stringify(restrict(rule));
  const restricted = Object.entries(signals).map(([name, signal]) => [name, restrict(signal)]);
  return JSON.stringify({ ...rule, signals: Object.fromEntries(restricted) });
}

function counted(drained: Drained | undefined): unknown {
  const { health, rows = [], unkeyed } = drained ?? {};
  const byKey = rows.map(({ key, values }) => [Buffer.from(key).toString("hex"), values.map(inOrder)]);
  return { health: { ...health, ...OF_OTHERS }, unkeyed, rows: Object.fromEntries(byKey) };
}

/** Sorts pairs of bucket and count: a histogram of a key is read in the order of its hash. */
function inOrder(slots: MergedSlots): unknown {
  const pairs = slots?.flatMap((slot, at) => (at % 2 === 0 ? [[slot, slots[at + 1]]] : []));
  return pairs?.toSorted(([left = 0n], [right = 0n]) => Number(left - right));
}

/** The starts of spans are not filtered: other processes have them too. */
const OF_OTHERS = { faulted: 0n, orphaned: 0n, lost_spans: 0n, missed_returns: 0n };
