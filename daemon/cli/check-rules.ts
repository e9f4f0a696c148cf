import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { checkFaultyRule } from "../build-rule.ts";
import { ruleRefusal } from "../rule-refusal.ts";
import type { FaultyRule } from "../rules/faulty-rule.ts";
import { isHostTrouble } from "./host-trouble.ts";
import type { ReadPaths } from "./read-paths.ts";

interface Built {
  readonly diagnostics: readonly Diagnostic[];
  /** why the rules from here on could not be held against the kernel */
  readonly trouble?: Error;
}

/** What is wrong with rules. */
export interface CheckOutcome extends Built {
  /** whether there is an error, or the kernel could not be asked */
  readonly isFaulty: boolean;
}

/** Everything that can be found wrong with rules short of loading them. */
export function checkRules({ rules, faulty, diagnostics, memoryBytesOf }: ReadPaths, kernel: Kernel): CheckOutcome {
  const built = buildAll(
    rules.map((rule) => ({ rule, faults: [] })),
    kernel,
    memoryBytesOf,
  );
  // where the kernel cannot be asked, what is wrong with faulty rules by themselves is enough
  const more = buildAll(faulty, kernel, memoryBytesOf);
  const found = [...diagnostics, ...built.diagnostics, ...more.diagnostics];
  const isFaulty = built.trouble !== undefined || found.some(({ severity }) => severity === "error");
  return { diagnostics: found, isFaulty, ...(built.trouble !== undefined && { trouble: built.trouble }) };
}

function buildAll(rules: readonly FaultyRule[], kernel: Kernel, memoryBytesOf: ReadPaths["memoryBytesOf"]): Built {
  const diagnostics: Diagnostic[] = [];
  for (const each of rules) {
    try {
      diagnostics.push(...checkFaultyRule(each, kernel, memoryBytesOf(each.rule)));
    } catch (error) {
      if (isHostTrouble(error)) return { diagnostics, trouble: error };
      diagnostics.push(ruleRefusal(each.rule, error));
    }
  }
  return { diagnostics };
}
