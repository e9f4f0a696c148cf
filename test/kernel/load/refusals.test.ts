import assert from "node:assert/strict";
import type { ProgramSpec } from "../../../bpf/compile/object-spec.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { KernelFactsError } from "../../../bpf/kernel/kernel-facts-error.ts";
import { openGenerations } from "../../../bpf/load/generations.ts";
import { loadObject } from "../../../bpf/load/load-object.ts";
import { ProgramRejected } from "../../../bpf/load/program-rejected.ts";
import type { Checked, Diagnostic } from "../../../bpf/source/diagnostic.ts";
import { loadRule, type LoadedRule } from "../../../daemon/run/load-rule.ts";
import type { RuleSyntax } from "../../../daemon/rules/rule-syntax.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";
import { onlyRecords } from "../../bpf/kernel-fixture.ts";
import { kernelTest } from "../privilege.ts";
import { heldBy } from "../support/kernel-ids.ts";
import { build, hostKernel } from "../support/loaded-rule.ts";

/** Tracepoints are attached by the records that perf makes: the kernel limits those. */
const byRecords = onlyRecords(hostKernel);

const TEXT = `rule: kills
probe: tracepoint:signal:signal_generate
filter: args.sig == 9
aggregate: count()
`;

function onlyRule(): RuleSyntax {
  const { rules } = readRules({ path: "kills.yaml", text: TEXT }, { windowMs: 1000, keyLimit: 10, ringBytes: 4096 });
  const [rule] = rules;
  assert.ok(rule);
  return rule;
}

/** Returns the diagnostics of loading the rule with at most `memoryBytes`. */
function refusals(memoryBytes: number, kernel: Kernel): readonly Diagnostic[] {
  using generations = openGenerations();
  const { result, diagnostics } = loadRule(onlyRule(), { kernel, generations, memoryBytes });
  assert.equal(result, undefined, "it was loaded");
  return diagnostics;
}

function shown({ code, message, span, help }: Diagnostic): readonly (string | undefined)[] {
  return [code, span.source.text.slice(span.start, span.end), message, help];
}

kernelTest("a rule that takes more memory than its limit is not loaded", () => {
  const [diagnostic, ...others] = refusals(1, hostKernel);
  assert.ok(diagnostic);
  const [code, text, message, help] = shown(diagnostic);
  assert.deepEqual([code, text, others], ["over-memory", "kills", []]);
  assert.match(message ?? "", /^expected at most 1B of kernel memory, found a rule that takes \d/);
  assert.equal(help, "lower limits.keys or raise limits.memory in bpfwarden.yaml");
});

kernelTest("a refusal by the kernel is reported at the rule, with the kernel's reason", () => {
  const movedAway: Kernel = {
    ...byRecords,
    tracepoint: (category, name) => {
      const format = hostKernel.tracepoint(category, name);
      return format && { ...format, id: 0x7fffffff };
    },
  };
  const [diagnostic, ...others] = refusals(1 << 30, movedAway);
  assert.ok(diagnostic);
  const [code, text, message] = shown(diagnostic);
  assert.deepEqual([code, text, others], ["load-failed", "kills", []]);
  assert.match(message ?? "", /^tracepoint:signal:signal_generate: perf_event_open: .*EINVAL/);
});

kernelTest("a probe with the most programs that the kernel allows is reported, with help", async () => {
  await using loaded = new AsyncDisposableStack();
  const generations = loaded.use(openGenerations());
  const load = (): Checked<LoadedRule> =>
    loadRule(onlyRule(), { kernel: byRecords, generations, memoryBytes: 1 << 30 });
  for (let n = 0; n < 65; n++) {
    const { result, diagnostics } = load();
    if (result !== undefined) loaded.use(result.object);
    else {
      const [code, text, message, help] = diagnostics.flatMap(shown);
      assert.deepEqual([code, text], ["load-failed", "kills"]);
      assert.match(
        message ?? "",
        /^tracepoint:signal:signal_generate: (BPF_LINK_CREATE|ioctl PERF_EVENT_IOC_SET_BPF): .*E2BIG/,
      );
      assert.match(help ?? "", /^the kernel runs at most 64 programs on one tracepoint: /);
      return;
    }
  }
  assert.fail("65 programs were attached");
});

kernelTest("an error of ours, or of a probe for features, affects one rule, not all", () => {
  const failing = (error: Error): Kernel => ({
    ...hostKernel,
    tracepoint: () => {
      throw error;
    },
  });
  const ours = refusals(1 << 30, failing(new Error("no register is left")));
  assert.deepEqual(ours.map(shown), [
    [
      "internal-error",
      "kills",
      'the rule "kills" cannot be compiled or loaded: no register is left',
      "this is a bug of bpfwarden: please report it with the rule",
    ],
  ]);
  const refused = Object.assign(new Error("probe: BPF_PROG_LOAD: EAGAIN"), { code: "EAGAIN" });
  const theirs = refusals(1 << 30, failing(refused));
  assert.deepEqual(theirs.map(shown), [["load-failed", "kills", "probe: BPF_PROG_LOAD: EAGAIN", undefined]]);
  const noFacts = new KernelFactsError("tracefs is not mounted");
  assert.throws(() => refusals(1 << 30, failing(noFacts)), noFacts);
});

kernelTest("a program that the verifier refuses is shown at the line that it was compiled from", () => {
  using generations = openGenerations();
  const { object, rule } = build(TEXT);
  const before = heldBy(process.pid);
  const broken = { ...object, programs: object.programs.map(withoutFilter) };
  assert.throws(
    () => loadObject(broken, generations),
    (error) => {
      assert.ok(error instanceof ProgramRejected);
      const [code, text, message, help] = shown(error.diagnostic(rule.name.span));
      assert.deepEqual([code, text], ["verifier-rejected", "args.sig == 9"]);
      assert.match(
        message ?? "",
        /^expected the kernel to accept the compiled program, found a rejection: .*R9 !read_ok/,
      );
      assert.match(help ?? "", /report it/);
      return true;
    },
  );
  assert.deepEqual(heldBy(process.pid), before);
});

/** Reads a register that nothing was written to where the filter stood. */
function withoutFilter(program: ProgramSpec): ProgramSpec {
  const line = program.lines.find(({ span }) => span.source.text.startsWith("args.sig", span.start));
  assert.ok(line);
  const instructions = program.instructions.slice();
  instructions.set([0xbf, 0x90, 0, 0, 0, 0, 0, 0], line.instruction * 8); // r0 = r9
  return { ...program, instructions };
}
