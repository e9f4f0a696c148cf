import type { BinaryExpression, Expression } from "../../../bpf/language/expression.ts";
import { BINARY_PRECEDENCE } from "../../../bpf/language/precedence.ts";
import { printExpression } from "../../../bpf/language/printer.ts";
import { isComparison } from "./comparison.ts";
import type { NumberFormula, Scope } from "./formula.ts";
import type { Course } from "./growth.ts";
import type { FormulaContext } from "./formula-context.ts";
import { boundText } from "./bound-text.ts";
import { shownText } from "./shown-text.ts";
import { shownUnit, type ShownUnit } from "./shown-unit.ts";

/** A condition in the words of the rule, and the same with its numbers. */
export interface ConditionWords {
  /** `ratio < 90%` */
  readonly text: string;
  /**
   * `ratio 87.5% < 90%`; a computed side stands beside its result: `value 3311 > 3105 = mean 300 +
   * 4 × 701`
   */
  readonly explain: (scope: Scope) => string;
}

/** A function that makes a text with the values of a key. */
type Say = (scope: Scope) => string;

/** Puts a condition that has compiled without fault into words. */
export function conditionWords(context: FormulaContext, condition: Expression): ConditionWords {
  return { text: printExpression(condition), explain: sayCondition(context, condition) };
}

function sayCondition(context: FormulaContext, condition: Expression): Say {
  if (condition.kind === "unary") {
    const operand = sayCondition(context, condition.operand);
    return (scope) => `not (${operand(scope)})`;
  }
  if (condition.kind === "membership") {
    const subject = saySide(context, condition.element, condition.set, "before");
    const rest = `${condition.negated ? "not in" : "in"} ${printExpression(condition.set)}`;
    return (scope) => `${subject(scope)} ${rest}`;
  }
  if (condition.kind === "binary") {
    return isComparison(condition.operator) ? sayComparison(context, condition) : sayLogic(context, condition);
  }
  return () => printExpression(condition);
}

function sayComparison(context: FormulaContext, { left, operator, right }: BinaryExpression): Say {
  const first = saySide(context, left, right, "before");
  const second = saySide(context, right, left, "after");
  return (scope) => `${first(scope)} ${operator} ${second(scope)}`;
}

/** `a 7 > 5 and b 2 < 3`; an `or` within an `and` stands in parentheses. */
function sayLogic(context: FormulaContext, { left, operator, right }: BinaryExpression): Say {
  const [first, second] = [left, right].map((side) => {
    const said = sayCondition(context, side);
    const isLooser = side.kind === "binary" && BINARY_PRECEDENCE[side.operator] < BINARY_PRECEDENCE[operator];
    return isLooser || side.kind === "conditional" ? (scope: Scope) => `(${said(scope)})` : said;
  });
  return (scope) => `${first?.(scope) ?? ""} ${operator} ${second?.(scope) ?? ""}`;
}

/**
 * Says one side of a comparison, in the unit that both have.
 *
 * @param place the place of the computation: before its result, or after it
 */
function saySide(context: FormulaContext, side: Expression, against: Expression, place: "before" | "after"): Say {
  const formula = numberOf(context, side);
  if (formula === undefined) return () => printExpression(side);
  const unit = unitOfSide(context, side, against, formula);
  const value = sayNumber(formula, unit);
  if (isLiteral(side)) return value;
  if (isTerm(side)) return sayTerm(context, side, unit);
  if (side.kind !== "binary") return sayWhole(context, side, unit);
  const computed = sayComputed(context, side, unit);
  if (place === "before") return (scope) => `${computed(scope)} = ${value(scope)}`;
  return (scope) => `${value(scope)} = ${computed(scope)}`;
}

/**
 * Returns the unit of one side. A plain number takes the unit of the other side: `rate 604/s >
 * 10/s`.
 */
function unitOfSide(
  context: FormulaContext,
  side: Expression,
  against: Expression,
  { unit }: NumberFormula,
): ShownUnit {
  const own = shownUnit(context, side, against, unit);
  const other = numberOf(context, against);
  if (own !== "number" || other === undefined) return mentioned(side, own);
  return shownUnit(context, against, side, other.unit);
}

/** Returns the unit that a literal shows. */
function mentioned(side: Expression, own: ShownUnit): ShownUnit {
  if (side.kind === "percentage") return "ratio";
  return side.kind === "size" && own === "number" ? "bytes" : own;
}

function numberOf(context: FormulaContext, expression: Expression): NumberFormula | undefined {
  const formula = context.compiled.get(expression);
  return formula?.kind === "number" ? formula : undefined;
}

function sayNumber(formula: NumberFormula, unit: ShownUnit): Say {
  return (scope) => {
    const value = formula.evaluate(scope);
    if (value === undefined) return "no data";
    return `${boundOf(formula, scope)}${boundText(formula.beyond?.(scope), shownText(value, unit))}`;
  };
}

const BOUNDS: Readonly<Record<Course, string>> = {
  fixed: "",
  seen: "",
  open: "",
  rises: "at least ",
  falls: "at most ",
};

/**
 * Returns the words before a total of a tick longer than the window: at least one of the tick's
 * windows has this total, or more.
 */
const boundOf = ({ growth }: NumberFormula, scope: Scope): string =>
  scope.isShare === true ? BOUNDS[growth(scope).course] : "";

const LITERALS: ReadonlySet<Expression["kind"]> = new Set(["integer", "decimal", "percentage", "size", "duration"]);

const isLiteral = ({ kind }: Expression): boolean => LITERALS.has(kind);

function isTerm(expression: Expression): boolean {
  return expression.kind === "name" || expression.kind === "call";
}

/** Says a name or a call with its value: `p99 260ms`. */
function sayTerm(context: FormulaContext, term: Expression, unit: ShownUnit): Say {
  const formula = numberOf(context, term);
  if (formula === undefined) return () => printExpression(term);
  const name = calledName(term);
  const value = sayNumber(formula, formula.unit === "duration" ? durationUnit(unit) : unit);
  return (scope) => `${name} ${value(scope)}`;
}

const durationUnit = (unit: ShownUnit): ShownUnit =>
  unit === "nanoseconds_per_second" ? "nanoseconds_per_second" : "nanoseconds";

/** Returns the name of a term in messages: `p99(value)` is called p99, `p99(latency)` stays. */
export function calledName(term: Expression): string {
  const [argument] = term.kind === "call" ? term.arguments : [];
  const isOfValue = argument?.kind === "name" && argument.name === "value";
  return term.kind === "call" && isOfValue ? term.callee : printExpression(term);
}

const SIGNS: Readonly<Partial<Record<BinaryExpression["operator"], string>>> = { "*": "×" };

/** Says a computation, each name with its value: `mean 300 + 4 × 701`. */
function sayComputed(context: FormulaContext, expression: Expression, unit: ShownUnit): Say {
  if (isLiteral(expression)) return () => printExpression(expression);
  if (isTerm(expression)) return sayTerm(context, expression, unit);
  if (expression.kind !== "binary") return sayWhole(context, expression, unit);
  const { operator, left, right } = expression;
  const isSum = operator === "+" || operator === "-";
  const [first, second] = [left, right].map((operand, index) => {
    const other = index === 0 ? right : left;
    const own = isSum || (operator === "*" && isLiteral(other)) ? unit : "number";
    const said = isDeviation(operand) && !isSum ? sayBare(context, operand, own) : sayComputed(context, operand, own);
    return isLooserThan(operand, operator, index) ? (scope: Scope) => `(${said(scope)})` : said;
  });
  return (scope) => `${first?.(scope) ?? ""} ${SIGNS[operator] ?? operator} ${second?.(scope) ?? ""}`;
}

function isLooserThan(operand: Expression, operator: BinaryExpression["operator"], index: number): boolean {
  if (operand.kind !== "binary") return false;
  const [inner, outer] = [BINARY_PRECEDENCE[operand.operator], BINARY_PRECEDENCE[operator]];
  return inner < outer || (inner === outer && index === 1);
}

/** True for a standard deviation, which is shown without its name: `4 × 701`. */
function isDeviation(expression: Expression): boolean {
  return expression.kind === "call" && expression.callee === "stddev";
}

function sayBare(context: FormulaContext, term: Expression, unit: ShownUnit): Say {
  const formula = numberOf(context, term);
  if (formula === undefined) return () => printExpression(term);
  return sayNumber(formula, formula.unit === "duration" ? durationUnit(unit) : unit);
}

/** Says `??`, `?:` and the like as a whole, with its value. */
function sayWhole(context: FormulaContext, expression: Expression, unit: ShownUnit): Say {
  const formula = numberOf(context, expression);
  if (formula === undefined) return () => printExpression(expression);
  const value = sayNumber(formula, unit);
  return (scope) => `(${printExpression(expression)}) ${value(scope)}`;
}
