import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { Fuser } from "../../bpf/load/fused/fuser.ts";
import type { Generations } from "../../bpf/load/generations.ts";
import { loadObject } from "../../bpf/load/load-object.ts";
import type { LoadedObject } from "../../bpf/load/loaded-object.ts";
import type { Checked, Diagnostic } from "../../bpf/source/diagnostic.ts";
import { buildRule, type BuiltRule } from "./build-rule.ts";
import { memoryFaults } from "./memory-limit.ts";
import { ruleRefusal } from "./rule-refusal.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";

/** The parts of the daemon that loading needs. */
export interface LoadHost {
  readonly kernel: Kernel;
  readonly generations: Generations;
  /** joins the programs of several rules; each is attached alone if absent */
  readonly fuser?: Fuser | undefined;
  /** the limit of kernel memory for one rule */
  readonly memoryBytes: number;
}

export interface LoadedRule {
  readonly built: BuiltRule;
  readonly object: LoadedObject;
}

/**
 * Checks, compiles and loads a rule. Errors of the rule are diagnostics and do not affect other
 * rules. Throws only KernelFactsError, which affects all rules.
 */
export function loadRule(rule: RuleSyntax, host: LoadHost): Checked<LoadedRule> {
  try {
    const { result: built, diagnostics } = buildRule(rule, host.kernel, { parts: host.fuser !== undefined });
    return built === undefined ? { diagnostics } : loadBuilt(built, diagnostics, host);
  } catch (error) {
    return { diagnostics: [ruleRefusal(rule, error)] };
  }
}

function loadBuilt(
  built: BuiltRule,
  diagnostics: readonly Diagnostic[],
  { fuser, generations, memoryBytes }: LoadHost,
): Checked<LoadedRule> {
  const { rule } = built;
  const tooLarge = memoryFaults(built, memoryBytes);
  if (tooLarge.length > 0) return { diagnostics: [...diagnostics, ...tooLarge] };
  try {
    return { result: { built, object: loadObject(built.object, generations, fuser) }, diagnostics };
  } catch (error) {
    return { diagnostics: [...diagnostics, ruleRefusal(rule, error)] };
  }
}
