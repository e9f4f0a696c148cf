import assert from "node:assert/strict";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { KernelFactsError } from "../../../bpf/kernel/kernel-facts-error.ts";
import { openGenerations } from "../../../bpf/load/generations.ts";
import { RuleSet, type SwapOptions } from "../../../daemon/rule-set.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";
import type { RuleSyntax } from "../../../daemon/rules/rule-syntax.ts";
import { kernelTest } from "../privilege.ts";
import { heldBy } from "../support/kernel-ids.ts";
import { hostKernel } from "../support/loaded-rule.ts";
import { waitUntil } from "../support/wait-until.ts";
import { NO_SYMBOLS } from "../../../bpf/kernel/symbols/symbols.ts";
import { recordingRule } from "./call-rules.ts";

const DEFAULTS = { windowMs: 60_000, keyLimit: 10, ringBytes: 1 << 16 };

function rulesOf(...texts: readonly string[]): { rules: readonly RuleSyntax[]; isBroken: () => boolean } {
  const { rules } = readRules({ path: "rules.yaml", text: texts.join("---\n") }, DEFAULTS);
  assert.equal(rules.length, texts.length);
  return { rules, isBroken: () => false };
}

kernelTest(
  "where the facts of the kernel fail midway, what was loaded before is freed and what ran runs on",
  async () => {
    using generations = openGenerations();
    const set = new RuleSet();
    const optionsFor = (kernel: Kernel): SwapOptions => ({
      load: { kernel, generations, memoryBytes: 1 << 30 },
      tickMs: 1000,
      bootMs: 0,
      names: { userName: () => undefined, symbols: NO_SYMBOLS },
    });
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
  },
);
