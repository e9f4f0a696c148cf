import type {
  BinaryExpression,
  BinaryOperator,
  Expression,
  MembershipExpression,
  ComparisonOperator,
} from "../../../bpf/language/expression.ts";
import { childrenOf } from "../../../bpf/language/children.ts";
import { printExpression } from "../../../bpf/language/printer.ts";
import { calledName } from "./condition-words.ts";
import type { NumberFormula, Scope } from "./formula.ts";
import type { FormulaContext } from "./formula-context.ts";
import { MEASURES } from "./formula-measures.ts";
import { shownUnit, type ShownUnit } from "./shown-unit.ts";

/** A number that a threshold compares, such as the p99 of `p99(value) > 20ms`. */
export interface JudgedQuantity {
  /** in the words of the rule: `p99(value)` */
  readonly text: string;
  /** its name in messages: `p99` */
  readonly name: string;
  readonly unit: ShownUnit;
  readonly formula: NumberFormula;
  /** set if it is a number of a histogram: the p99 of `value` */
  readonly measure?: { readonly name: string; readonly histogram: string };
}

/**
 * Returns the numbers of each histogram that thresholds ask for, by the histogram's name: the p99
 * and the count of `value`.
 */
export function judgedMeasures(judged: readonly JudgedQuantity[]): Readonly<Record<string, readonly string[]>> {
  const measures: Record<string, readonly string[]> = {};
  for (const { measure } of judged)
    if (measure !== undefined) measures[measure.histogram] = [...(measures[measure.histogram] ?? []), measure.name];
  return measures;
}

/** One comparison of a threshold. */
export interface JudgedComparison {
  /** into `RuleFormulas.judged` */
  readonly quantity: number;
  /** the operator when the threshold holds: `not (a > b)` compares a with `<=`; absent for `in` */
  readonly operator?: ComparisonOperator;
  /** the other side of the comparison; absent for `in` */
  readonly limit?: NumberFormula;
  /** true if the comparison contributes to the threshold's being true; undefined is no data */
  readonly holds: (scope: Scope) => boolean | undefined;
}

/** Each comparison with its sides exchanged, and negated. */
const OPERATORS: Readonly<Record<ComparisonOperator, { turned: ComparisonOperator; negated: ComparisonOperator }>> = {
  "==": { turned: "==", negated: "!=" },
  "!=": { turned: "!=", negated: "==" },
  "<": { turned: ">", negated: ">=" },
  "<=": { turned: ">=", negated: ">" },
  ">": { turned: "<", negated: "<=" },
  ">=": { turned: "<=", negated: "<" },
};

/** True if an alert is about low values. */
export function isLowWorse({ operator }: JudgedComparison): boolean {
  return operator === "<" || operator === "<=";
}

/**
 * Returns the comparisons of a condition that has compiled without error. Those that only ask for
 * enough values come last: `count(h) > 100` beside a quantile. Adds the quantities that they
 * compare to `judged`, each once.
 */
export function judgedComparisons(
  context: FormulaContext,
  condition: Expression,
  judged: JudgedQuantity[],
): readonly JudgedComparison[] {
  const found = comparisonsIn(condition, true).flatMap(({ node, isWanted }): JudgedComparison[] => {
    const compared = node.kind === "binary" ? sidesOf(context, node, isWanted) : memberOf(node);
    const formula = context.compiled.get(node);
    const subject = compared && context.compiled.get(compared.subject);
    if (compared === undefined || subject?.kind !== "number" || formula?.kind !== "boolean") return [];
    const holds = (scope: Scope): boolean | undefined => {
      const value = formula.evaluate(scope);
      return value === undefined ? undefined : value === isWanted;
    };
    const unit = shownUnit(context, compared.subject, compared.against, subject.unit);
    const measure = measureIn(compared.subject);
    const names = { text: printExpression(compared.subject), name: calledName(compared.subject) };
    const named = { ...names, ...(measure && { measure }) };
    const quantity = indexOf(judged, { formula: subject, unit, ...named });
    const { operator, limit } = compared;
    return [{ quantity, holds, ...(operator !== undefined && { operator }), ...(limit && { limit }) }];
  });
  const asksForEnough = ({ quantity }: JudgedComparison): boolean =>
    (judged[quantity]?.text ?? "").startsWith("count(");
  return found.toSorted((a, b) => Number(asksForEnough(a)) - Number(asksForEnough(b)));
}

function indexOf(judged: JudgedQuantity[], quantity: JudgedQuantity): number {
  const known = judged.findIndex(({ text }) => text === quantity.text);
  return known >= 0 ? known : judged.push(quantity) - 1;
}

function measureIn(subject: Expression): JudgedQuantity["measure"] {
  const [argument, ...others] = subject.kind === "call" ? subject.arguments : [];
  if (subject.kind !== "call" || argument?.kind !== "name" || others.length > 0) return undefined;
  return Object.hasOwn(MEASURES, subject.callee) ? { name: subject.callee, histogram: argument.name } : undefined;
}

interface FoundComparison {
  readonly node: BinaryExpression | MembershipExpression;
  /** true if the condition holds when the comparison is true, false if when it is false */
  readonly isWanted: boolean;
}

function comparisonsIn(condition: Expression, isWanted: boolean): readonly FoundComparison[] {
  if (condition.kind === "unary") return comparisonsIn(condition.operand, isWanted !== (condition.operator === "not"));
  if (condition.kind === "membership") return [{ node: condition, isWanted }];
  if (condition.kind === "conditional")
    return [condition.then, condition.otherwise].flatMap((branch) => comparisonsIn(branch, isWanted));
  if (condition.kind !== "binary") return [];
  if (isComparison(condition.operator)) return [{ node: condition, isWanted }];
  return [condition.left, condition.right].flatMap((side) => comparisonsIn(side, isWanted));
}

function isComparison(operator: BinaryOperator): operator is ComparisonOperator {
  return Object.hasOwn(OPERATORS, operator);
}

interface Compared {
  readonly subject: Expression;
  readonly against: Expression;
  readonly operator?: ComparisonOperator;
  readonly limit?: NumberFormula;
}

function memberOf({ element, set }: MembershipExpression): Compared {
  return { subject: element, against: set };
}

/**
 * Returns the two sides, with the side first that the rule is about. If both have names, that is
 * the side that does not look back on earlier windows.
 */
function sidesOf(
  context: FormulaContext,
  { left, right, operator }: BinaryExpression,
  isWanted: boolean,
): Compared | undefined {
  if (!isComparison(operator)) return undefined;
  const isTurned = isFixed(left) || (!isFixed(right) && looksBack(left) && !looksBack(right));
  const [subject, against] = isTurned ? [right, left] : [left, right];
  const turned = isTurned ? OPERATORS[operator].turned : operator;
  const limit = context.compiled.get(against);
  return {
    ...{ subject, against, operator: isWanted ? turned : OPERATORS[turned].negated },
    ...(limit?.kind === "number" && { limit }),
  };
}

function isFixed(expression: Expression): boolean {
  if (expression.kind === "name" || expression.kind === "call") return false;
  return childrenOf(expression).every(isFixed);
}

function looksBack(expression: Expression): boolean {
  if (expression.kind !== "call") return childrenOf(expression).some(looksBack);
  return expression.callee === "previous" || expression.arguments.length > 1;
}
