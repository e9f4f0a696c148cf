import { declaredAggregates } from "../../bpf/check/aggregates/declared-aggregates.ts";
import { checkProgram } from "../../bpf/check/check-program.ts";
import type { CheckedProgram } from "../../bpf/check/checked-program.ts";
import { compileProgram } from "../../bpf/compile/compile-program.ts";
import type { ObjectSpec } from "../../bpf/compile/object-spec.ts";
import { ProgramTooLarge } from "../../bpf/compile/program-too-large.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { Checked, Diagnostic } from "../../bpf/source/diagnostic.ts";
import { checkFormulas, type RuleFormulas } from "../evaluate/formula/check-formulas.ts";
import type { FormulaCode } from "../evaluate/formula/codes.ts";
import { checkSummary } from "../rules/check-summary.ts";
import { limitDiagnostics } from "../yaml/limit-diagnostics.ts";
import { memoryFaults } from "./memory-limit.ts";
import { withoutEchoes, type FaultyRule } from "../rules/faulty-rule.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";

/** A rule with nothing left to find wrong: its kernel half compiled, its thresholds typed. Loading it is all that can still fail. */
export interface BuiltRule {
  readonly rule: RuleSyntax;
  readonly checked: CheckedProgram;
  readonly formulas: RuleFormulas;
  readonly object: ObjectSpec;
}

/** Takes one rule through check and compile for `kernel`. Pure: the same rule and kernel give the same bytes. */
export function buildRule(rule: RuleSyntax, kernel: Kernel): Checked<BuiltRule> {
  const summary = checkSummary(rule);
  const { result, diagnostics } = buildParts(rule, kernel);
  const all = limitDiagnostics([...diagnostics, ...summary]);
  return result === undefined || summary.length > 0 ? { diagnostics: all } : { result, diagnostics: all };
}

function buildParts(rule: RuleSyntax, kernel: Kernel): Checked<BuiltRule> {
  const program = checkProgram(rule.program, kernel);
  if (program.result === undefined) return { diagnostics: [...program.diagnostics, ...formulaFaults(rule, kernel)] };
  const formulas = checkFormulas(rule, program.result.aggregates, kernel);
  const diagnostics: readonly Diagnostic[] = [...program.diagnostics, ...formulas.diagnostics];
  if (formulas.result === undefined) return { diagnostics };
  const object = compileRule(rule, program.result, kernel);
  if (object.result === undefined) return { diagnostics: [...diagnostics, ...object.diagnostics] };
  const built = { rule, checked: program.result, formulas: formulas.result, object: object.result };
  return { result: built, diagnostics };
}

/**
 * What else is wrong with a rule that reading found fault with, of what does not follow from that; and, where a limit is given, whether its
 * maps keep to it.
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

function compileRule({ name }: RuleSyntax, program: CheckedProgram, kernel: Kernel): Checked<ObjectSpec> {
  try {
    return { result: compileProgram(program, kernel), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof ProgramTooLarge)) throw error;
    const help = "use fewer or simpler expressions, or divide it into several rules";
    const diagnostic = { code: "oversized", severity: "error", message: error.message, span: name.span, help } as const;
    return { diagnostics: [diagnostic] };
  }
}

/** What only a kernel half without fault can answer: what an aggregate's type is, and whether there is one. */
const NEEDS_TYPES: readonly string[] = [
  "formula-type",
  "formula-unit",
  "formula-true-at-zero",
  "formula-nothing-to-judge",
] satisfies FormulaCode[];

/** What is wrong with `let` and `threshold` whatever is wrong with the kernel half, so that all of it is told at once. */
function formulaFaults(rule: RuleSyntax, kernel: Kernel): readonly Diagnostic[] {
  const { diagnostics } = checkFormulas(rule, declaredAggregates(rule.program), kernel);
  return diagnostics.filter(({ code }) => !NEEDS_TYPES.includes(code));
}
