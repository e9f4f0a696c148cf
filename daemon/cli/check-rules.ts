import { type TracepointAttach, tracepointAttaches } from "../../bpf/compile/attach-kinds.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { type BuiltRule, checkFaultyRule } from "../run/build-rule.ts";
import { ruleRefusal } from "../run/rule-refusal.ts";
import type { FaultyRule } from "../rules/faulty-rule.ts";
import { isHostTrouble } from "./host-trouble.ts";
import type { ReadPaths } from "./read-paths.ts";
import { unseenCalls, type RuleNote } from "./unseen-calls.ts";

/** A tracepoint of a rule, and how it is attached. */
export interface RuleTracepoint extends TracepointAttach {
  readonly rule: string;
}

interface Built {
  readonly diagnostics: readonly Diagnostic[];
  readonly notes: readonly RuleNote[];
  readonly tracepoints: readonly RuleTracepoint[];
  /** why this and the following rules could not be checked with the kernel */
  readonly trouble?: Error;
}

/** The result of checking rules. */
export interface CheckOutcome extends Built {
  /** true after an error, or if the kernel could not be examined */
  readonly isFaulty: boolean;
}

/** Checks rules completely, except for loading them. */
export function checkRules({ rules, faulty, diagnostics, memoryBytesOf }: ReadPaths, kernel: Kernel): CheckOutcome {
  const built = buildAll(
    rules.map((rule) => ({ rule, faults: [] })),
    kernel,
    memoryBytesOf,
  );
  // If the kernel cannot be examined, the other errors of faulty rules are enough.
  const more = buildAll(faulty, kernel, memoryBytesOf);
  const found = [...diagnostics, ...built.diagnostics, ...more.diagnostics];
  const notes = [...built.notes, ...more.notes];
  const isFaulty = built.trouble !== undefined || found.some(({ severity }) => severity === "error");
  return { ...built, diagnostics: found, notes, isFaulty };
}

function buildAll(rules: readonly FaultyRule[], kernel: Kernel, memoryBytesOf: ReadPaths["memoryBytesOf"]): Built {
  const diagnostics: Diagnostic[] = [];
  const notes: RuleNote[] = [];
  const tracepoints: RuleTracepoint[] = [];
  for (const each of rules) {
    try {
      const built = checkFaultyRule(each, kernel, memoryBytesOf(each.rule));
      diagnostics.push(...built.diagnostics);
      if (built.result === undefined) continue;
      notes.push(...unseenCalls(built.result, kernel));
      tracepoints.push(...tracepointsOf(built.result));
    } catch (error) {
      if (isHostTrouble(error)) return { diagnostics, notes, tracepoints, trouble: error };
      diagnostics.push(ruleRefusal(each.rule, error));
    }
  }
  return { diagnostics, notes, tracepoints };
}

function tracepointsOf({ rule, object }: BuiltRule): readonly RuleTracepoint[] {
  const attached = tracepointAttaches(object.programs.flatMap(({ attach }) => attach));
  return attached.map((each) => ({ rule: rule.name.text, ...each }));
}
