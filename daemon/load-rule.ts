import type { Kernel } from "../bpf/kernel/kernel.ts";
import type { LoadCode } from "../bpf/load/codes.ts";
import type { Generations } from "../bpf/load/generations.ts";
import { loadObject } from "../bpf/load/load-object.ts";
import type { LoadedObject } from "../bpf/load/loaded-object.ts";
import type { Checked, Diagnostic } from "../bpf/source/diagnostic.ts";
import { buildRule, type BuiltRule } from "./build-rule.ts";
import { ruleRefusal } from "./rule-refusal.ts";
import type { RuleSyntax } from "./rules/rule-syntax.ts";
import { bytesText } from "./notify/number-text.ts";

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
  if (built.object.memoryBytes > memoryBytes) {
    return { diagnostics: [...diagnostics, tooLarge(rule, built.object.memoryBytes, memoryBytes)] };
  }
  try {
    return { result: { built, object: loadObject(built.object, generations) }, diagnostics };
  } catch (error) {
    return { diagnostics: [...diagnostics, ruleRefusal(rule, error)] };
  }
}

type LoadDiagnostic = Diagnostic & { readonly code: LoadCode };

function tooLarge(rule: RuleSyntax, bytes: number, limitBytes: number): LoadDiagnostic {
  return {
    code: "over-memory",
    severity: "error",
    message: `expected at most ${bytesText(limitBytes)} of kernel memory, found a rule that takes ${bytesText(bytes)}`,
    span: rule.name.span,
    help: "lower limits.keys or raise limits.memory in bpfwarden.yaml",
  };
}
