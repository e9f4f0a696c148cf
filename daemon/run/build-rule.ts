import { declaredAggregates } from "../../bpf/check/aggregates/declared-aggregates.ts";
import { checkProgram } from "../../bpf/check/check-program.ts";
import type { CheckedProgram } from "../../bpf/check/checked-program.ts";
import { type CompileOptions, compileProgram } from "../../bpf/compile/compile-program.ts";
import type { ObjectSpec } from "../../bpf/compile/object-spec.ts";
import { ProgramTooLarge } from "../../bpf/compile/program-too-large.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { Checked, Diagnostic } from "../../bpf/source/diagnostic.ts";
import { type AheadPlan, planAhead, wakingProgram } from "../evaluate/ahead/ahead-plan.ts";
import { checkFormulas, type RuleFormulas } from "../evaluate/formula/check-formulas.ts";
import type { FormulaCode } from "../evaluate/formula/codes.ts";
import { checkSummary } from "../rules/check-summary.ts";
import { limitDiagnostics } from "../yaml/limit-diagnostics.ts";
import { memoryFaults } from "./memory-limit.ts";
import { withoutEchoes, type FaultyRule } from "../rules/faulty-rule.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";

/**
 * A checked rule: its kernel part is compiled and its thresholds are typed. Only loading it can
 * still fail.
 */
export interface BuiltRule {
  readonly rule: RuleSyntax;
  readonly checked: CheckedProgram;
  readonly formulas: RuleFormulas;
  readonly object: ObjectSpec;
  /** absent without a threshold */
  readonly ahead?: AheadPlan;
}

/**
 * Checks and compiles one rule for `kernel`. Pure: the same rule and kernel give the same bytes.
 */
export function buildRule(rule: RuleSyntax, kernel: Kernel, options: CompileOptions = {}): Checked<BuiltRule> {
  const summary = checkSummary(rule);
  const { result, diagnostics } = buildParts(rule, kernel, options);
  const all = limitDiagnostics([...diagnostics, ...summary]);
  return result === undefined || summary.length > 0 ? { diagnostics: all } : { result, diagnostics: all };
}

function buildParts(rule: RuleSyntax, kernel: Kernel, options: CompileOptions): Checked<BuiltRule> {
  const program = checkProgram(rule.program, kernel);
  if (program.result === undefined) return { diagnostics: [...program.diagnostics, ...formulaFaults(rule, kernel)] };
  const formulas = checkFormulas(rule, program.result.aggregates, kernel);
  const diagnostics: readonly Diagnostic[] = [...program.diagnostics, ...formulas.diagnostics];
  if (formulas.result === undefined) return { diagnostics };
  const ahead = planAhead(rule, formulas.result, program.result.aggregates);
  const checked = wakingProgram(program.result, ahead);
  const object = compileRule(rule, checked, kernel, options);
  if (object.result === undefined) return { diagnostics: [...diagnostics, ...object.diagnostics] };
  const built = { rule, checked, formulas: formulas.result, object: object.result, ...(ahead && { ahead }) };
  return { result: built, diagnostics };
}

/**
 * Finds further errors in a rule that reading found faulty, without consequences of the known ones.
 * With a limit, also checks the memory of its maps.
 */
export function checkFaultyRule(
  { rule, faults }: FaultyRule,
  kernel: Kernel,
  memoryBytes = Infinity,
): Checked<BuiltRule> {
  const { result, diagnostics } = buildRule(rule, kernel);
  const tooLarge = result === undefined ? [] : memoryFaults(result, memoryBytes);
  const found = [...withoutEchoes(diagnostics, faults), ...tooLarge];
  return { ...(result !== undefined && { result }), diagnostics: found };
}

function compileRule(
  { name }: RuleSyntax,
  program: CheckedProgram,
  kernel: Kernel,
  options: CompileOptions,
): Checked<ObjectSpec> {
  try {
    return { result: compileProgram(program, kernel, options), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof ProgramTooLarge)) throw error;
    const help = "use fewer or simpler expressions, or split it into several rules";
    const diagnostic = { code: "oversized", severity: "error", message: error.message, span: name.span, help } as const;
    return { diagnostics: [diagnostic] };
  }
}

/**
 * Errors that need a valid kernel part, because they depend on the type or existence of an
 * aggregate.
 */
const NEEDS_TYPES: readonly string[] = [
  "formula-type",
  "formula-unit",
  "formula-true-at-zero",
  "formula-nothing-to-judge",
] satisfies FormulaCode[];

/**
 * Returns the errors in `let` and `threshold` that can be found although the kernel part is
 * invalid. They are reported together with the errors of the kernel part.
 */
function formulaFaults(rule: RuleSyntax, kernel: Kernel): readonly Diagnostic[] {
  const { diagnostics } = checkFormulas(rule, declaredAggregates(rule.program), kernel);
  return diagnostics.filter(({ code }) => !NEEDS_TYPES.includes(code));
}
