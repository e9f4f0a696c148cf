import { childrenOf } from "../../bpf/language/children.ts";
import { isDistribution } from "../../bpf/check/aggregates/aggregate-functions.ts";
import type { Expression } from "../../bpf/language/expression.ts";
import { printExpression } from "../../bpf/language/printer.ts";
import { durationText } from "../sample/duration-text.ts";
import type { NumberFormula, Scope, Unit } from "./formula.ts";
import type { FormulaContext } from "./formula-context.ts";
import { measureOf } from "./formula-measures.ts";
import { compileName } from "./formula-name.ts";

/** A condition in the words of the rule, and what its names stand for. */
export interface ConditionWords {
  /** `ratio < 90%` */
  readonly text: string;
  /** `ratio 0.12 < 90%` for a comparison of one name; else the text and its values: `a + b > 3 (a 1, b 2)` */
  readonly explain: (scope: Scope) => string;
}

/** Puts a condition that has compiled without fault into words. */
export function conditionWords(context: FormulaContext, condition: Expression): ConditionWords {
  const text = printExpression(condition);
  const names = [...termsIn(context, condition)].map(([name, formula]) => ({ name, formula }));
  const [first] = names;
  if (names.length === 1 && first !== undefined && text.startsWith(`${first.name} `)) {
    return { text, explain: (scope) => `${said(first.name, first.formula, scope)}${text.slice(first.name.length)}` };
  }
  const values = (scope: Scope): string => names.map(({ name, formula }) => said(name, formula, scope)).join(", ");
  return { text, explain: (scope) => (names.length === 0 ? text : `${text} (${values(scope)})`) };
}

function said(name: string, formula: NumberFormula, scope: Scope): string {
  return `${name} ${valueText(formula.evaluate(scope), formula.unit)}`;
}

/** A value as people read it: whole numbers as they are, others with three significant digits. */
export function valueText(value: number | undefined, unit: Unit): string {
  if (value === undefined) return "no data";
  if (unit === "duration") return durationText(value);
  return String(Number.isInteger(value) || Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));
}

/** The names that an expression uses, and what it asks of histograms, each once, in order. */
function termsIn(
  context: FormulaContext,
  expression: Expression,
  found = new Map<string, NumberFormula>(),
): ReadonlyMap<string, NumberFormula> {
  const term = termOf(context, expression);
  if (term !== undefined) found.set(printExpression(expression), term);
  else for (const child of childrenOf(expression)) termsIn(context, child, found);
  return found;
}

function termOf(context: FormulaContext, expression: Expression): NumberFormula | undefined {
  if (expression.kind === "call") return measureOf(context, expression);
  return expression.kind === "name" && !isHistogram(context, expression.name)
    ? compileName(context, expression)
    : undefined;
}

/** `rate(h)`: there is no one number to show of it. */
function isHistogram({ aggregates }: FormulaContext, name: string): boolean {
  return aggregates.some((aggregate) => aggregate.name === name && isDistribution(aggregate.function));
}
