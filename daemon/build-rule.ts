import { checkProgram } from "../bpf/check/check-program.ts";
import type { CheckedProgram } from "../bpf/check/checked-program.ts";
import { compileProgram } from "../bpf/compile/compile-program.ts";
import type { ObjectSpec } from "../bpf/compile/object-spec.ts";
import type { Kernel } from "../bpf/kernel/kernel.ts";
import type { Checked, Diagnostic } from "../bpf/source/diagnostic.ts";
import { checkFormulas, type RuleFormulas } from "./evaluate/check-formulas.ts";
import type { RuleSyntax } from "./rules/rule-syntax.ts";

/** A rule with nothing left to find wrong: its kernel half compiled, its thresholds typed. Loading it is all that can still fail. */
export interface BuiltRule {
  readonly rule: RuleSyntax;
  readonly checked: CheckedProgram;
  readonly formulas: RuleFormulas;
  readonly object: ObjectSpec;
}

/** Takes one rule through check and compile for `kernel`. Pure: the same rule and kernel give the same bytes. */
export function buildRule(rule: RuleSyntax, kernel: Kernel): Checked<BuiltRule> {
  const program = checkProgram(rule.program, kernel);
  if (program.result === undefined) return { diagnostics: program.diagnostics };
  const formulas = checkFormulas(rule, program.result.aggregates);
  const diagnostics: readonly Diagnostic[] = [...program.diagnostics, ...formulas.diagnostics];
  if (formulas.result === undefined) return { diagnostics };
  const object = compileProgram(program.result, kernel);
  return { result: { rule, checked: program.result, formulas: formulas.result, object }, diagnostics };
}
