import { isDistribution } from "../../../bpf/check/aggregate-functions.ts";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import type { MacroHost } from "../../../bpf/check/macros/macros.ts";
import type { Expression } from "../../../bpf/language/expression.ts";
import type { NamedExpression } from "../../../bpf/language/program-syntax.ts";
import type { Checked } from "../../../bpf/source/diagnostic.ts";
import { LEVELS } from "../../rules/levels.ts";
import type { Level, RuleSyntax } from "../../rules/rule-syntax.ts";
import { compileCondition, compileNumber } from "./compile-formula.ts";
import { type ConditionWords, conditionWords } from "./condition-words.ts";
import type { ConditionFormula, HistoryCall, Unit } from "./formula.ts";
import { addCell, type Cell, fail, type FormulaContext } from "./formula-context.ts";
import { valueUnit } from "./formula-measures.ts";
import { unitOf } from "./formula-name.ts";
import { judgedComparisons, type JudgedComparison, type JudgedQuantity } from "./judged-quantity.ts";
import { withMacroNumbers } from "./macro-numbers.ts";
import { withoutNeedlessSigns } from "./never-negative.ts";
import { evaluateCells, zeroScope } from "./scope.ts";

/** A condition that can be judged and put into words. */
export interface CheckedCondition {
  readonly formula: ConditionFormula;
  readonly words: ConditionWords;
}

export interface LevelCondition extends CheckedCondition {
  readonly level: Level;
  /** the first is the one that the level is about */
  readonly comparisons: readonly JudgedComparison[];
}

/** A name whose value users see: an aggregate or a `let`. */
export interface NamedValue {
  readonly name: string;
  readonly unit: Unit;
  readonly from: "aggregate" | "cell" | "distribution";
  /** into `Scope.aggregates`, `Scope.cells` or `Scope.distributions` */
  readonly index: number;
}

/** The user-space half of a rule with nothing left to look up. */
export interface RuleFormulas {
  readonly aggregates: readonly Aggregate[];
  /** evaluated in this order for each key and tick */
  readonly cells: readonly Cell[];
  readonly histories: readonly HistoryCall[];
  /**
   * true if the judgment on a key depends on more than its own window: on all keys, or on how much
   * of the window was seen
   */
  readonly looksBeyondKey: boolean;
  /** aggregates, then lets, each in the rule's order */
  readonly values: readonly NamedValue[];
  /** from the lowest to the highest; empty without a threshold */
  readonly levels: readonly LevelCondition[];
  /** the quantities that the levels compare, each once; the first is that of the lowest level */
  readonly judged: readonly JudgedQuantity[];
  readonly clear?: CheckedCondition;
  readonly when?: CheckedCondition;
}

/**
 * Types and compiles a rule's `let` and `threshold`. Reports all errors at once.
 *
 * @param host the host that the values of macros depend on
 */
export function checkFormulas(
  given: RuleSyntax,
  declared: readonly Aggregate[],
  host: MacroHost,
): Checked<RuleFormulas> {
  const aggregates = withoutNeedlessSigns(given.program, declared);
  const rule = withMacroNumbers(
    given,
    aggregates.map(({ name }) => name),
    host,
  );
  const context: FormulaContext = {
    aggregates,
    windowMs: rule.windowMs,
    letNames: rule.let.map(({ name }) => name.text),
    brokenLets: new Set(),
    lets: new Map(),
    compiled: new Map(),
    cells: [],
    histories: [],
    looksBeyondKey: false,
    diagnostics: [],
  };
  checkSomethingToJudge(context, rule);
  if (context.diagnostics.length > 0) return { diagnostics: context.diagnostics };
  for (const definition of rule.let) compileLet(context, definition);
  const thresholds = compileThreshold(context, rule);
  const formulas = {
    aggregates,
    cells: context.cells,
    histories: context.histories,
    looksBeyondKey: context.looksBeyondKey,
    values: valuesOf(context),
    ...thresholds,
  };
  if (context.diagnostics.length === 0) checkZero(context, rule, formulas);
  return context.diagnostics.length > 0 ? { diagnostics: context.diagnostics } : { result: formulas, diagnostics: [] };
}

function checkSomethingToJudge(context: FormulaContext, rule: RuleSyntax): void {
  const span = rule.threshold?.span ?? rule.let[0]?.name.span;
  if (context.aggregates.length > 0 || span === undefined) return;
  const message = "expected an aggregate beside let and threshold, found none";
  fail(context, "formula-nothing-to-judge", span, message, "add aggregate: count(), or leave the threshold out");
}

function compileLet(context: FormulaContext, { name, expression }: NamedExpression): void {
  const taken = [...context.aggregates, ...context.cells].some((each) => each.name === name.text);
  if (taken) {
    const message = `the name "${name.text}" is taken by an aggregate or another let`;
    fail(context, "formula-duplicate-name", name.span, message, "give it another name");
  }
  const formula = compileNumber(context, expression);
  if (formula === undefined || taken) context.brokenLets.add(name.text);
  else {
    addCell(context, { name: name.text, formula });
    context.lets.set(name.text, expression);
  }
}

type Thresholds = Pick<RuleFormulas, "levels" | "judged" | "clear" | "when">;

function compileThreshold(context: FormulaContext, { threshold }: RuleSyntax): Thresholds {
  const judged: JudgedQuantity[] = [];
  const given = (threshold?.levels ?? []).toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
  const levels = given.flatMap(({ level, condition }): LevelCondition[] => {
    const checked = checkCondition(context, condition);
    if (checked === undefined) return [];
    return [{ level, ...checked, comparisons: judgedComparisons(context, condition, judged) }];
  });
  const clear = threshold?.clear && checkCondition(context, threshold.clear);
  const when = threshold?.when && checkCondition(context, threshold.when);
  return { levels, judged, ...(clear && { clear }), ...(when && { when }) };
}

function checkCondition(context: FormulaContext, expression: Expression): CheckedCondition | undefined {
  const formula = compileCondition(context, expression);
  return formula && { formula, words: conditionWords(context, expression) };
}

function valuesOf({ aggregates, cells }: FormulaContext): readonly NamedValue[] {
  return [
    ...aggregates.map((aggregate, index) => {
      return isDistribution(aggregate.function)
        ? ({ name: aggregate.name, unit: valueUnit(aggregate), from: "distribution", index } as const)
        : ({ name: aggregate.name, unit: unitOf(aggregate), from: "aggregate", index } as const);
    }),
    ...cells.flatMap(({ name, formula }, index) => {
      return name === undefined ? [] : [{ name, unit: formula.unit, from: "cell", index } as const];
    }),
  ];
}

/**
 * Refuses a threshold that is true for a key without events: with `by`, it would hold for ever for
 * each key that there ever was.
 */
function checkZero(context: FormulaContext, rule: RuleSyntax, formulas: RuleFormulas): void {
  if (rule.program.by.length === 0) return;
  const scope = evaluateCells(formulas, zeroScope(formulas));
  if (formulas.when !== undefined && formulas.when.formula.evaluate(scope) !== true) return;
  for (const { level, formula } of formulas.levels) {
    const expression = rule.threshold?.levels.find((each) => each.level === level)?.condition;
    if (expression === undefined || formula.evaluate(scope) !== true) continue;
    const message = "the threshold is true for a key that counted nothing, so an alert would never end";
    fail(context, "formula-true-at-zero", expression.span, message, "add when: with the least that must be counted");
  }
}
