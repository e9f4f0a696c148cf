import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { Generations } from "../../bpf/load/generations.ts";
import { loadObject } from "../../bpf/load/load-object.ts";
import type { LoadedObject } from "../../bpf/load/loaded-object.ts";
import type { Checked, Diagnostic } from "../../bpf/source/diagnostic.ts";
import { buildRule, type BuiltRule } from "./build-rule.ts";
import { memoryFaults } from "./memory-limit.ts";
import { ruleRefusal } from "./rule-refusal.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";

/** What loading took of the daemon. */
export interface LoadHost {
  readonly kernel: Kernel;
  readonly generations: Generations;
  /** kernel memory that one rule may take */
  readonly memoryBytes: number;
}

export interface LoadedRule {
  readonly built: BuiltRule;
  readonly object: LoadedObject;
}

/**
 * Takes a rule from its syntax into the kernel. What goes wrong on the way is a diagnostic: one rule's trouble is no other's. Throws
 * only KernelFactsError, which is the trouble of all rules.
 */
export function loadRule(rule: RuleSyntax, host: LoadHost): Checked<LoadedRule> {
  try {
    const { result: built, diagnostics } = buildRule(rule, host.kernel);
    return built === undefined ? { diagnostics } : loadBuilt(built, diagnostics, host);
  } catch (error) {
    return { diagnostics: [ruleRefusal(rule, error)] };
  }
}

function loadBuilt(
  built: BuiltRule,
  diagnostics: readonly Diagnostic[],
  { generations, memoryBytes }: LoadHost,
): Checked<LoadedRule> {
  const { rule } = built;
  const tooLarge = memoryFaults(built, memoryBytes);
  if (tooLarge.length > 0) return { diagnostics: [...diagnostics, ...tooLarge] };
  try {
    return { result: { built, object: loadObject(built.object, generations) }, diagnostics };
  } catch (error) {
    return { diagnostics: [...diagnostics, ruleRefusal(rule, error)] };
  }
}
