import type { ComparisonOperator, Expression, MembershipExpression } from "../../bpf/language/expression.ts";
import { printExpression } from "../../bpf/language/printer.ts";
import { NotInPromql } from "./not-in-promql.ts";
import type { PromqlContext } from "./promql-context.ts";
import { joined, type Term } from "./term.ts";
import { translateNumber } from "./translate-number.ts";

type Binary = Extract<Expression, { readonly kind: "binary" }>;

const NEGATED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};

/**
 * Translates a condition. Its time series are those for which it holds; those without data have
 * none, as with us. Throws NotInPromql.
 *
 * @param isNegated true for the opposite
 */
export function translateCondition(context: PromqlContext, expression: Expression, isNegated = false): Term {
  if (expression.kind === "unary" && expression.operator === "not")
    return translateCondition(context, expression.operand, !isNegated);
  if (expression.kind === "membership") return membership(context, expression, isNegated);
  if (expression.kind !== "binary") throw new NotInPromql(`"${printExpression(expression)}"`, expression.span);
  const { operator } = expression;
  if (operator === "and" || operator === "or") {
    const sides = [expression.left, expression.right].map((side) => translateCondition(context, side, isNegated));
    const isAnd = (operator === "and") !== isNegated;
    return isAnd ? both(context, sides) : either(expression, sides);
  }
  return comparison(context, expression, isNegated);
}

function comparison(context: PromqlContext, expression: Binary, isNegated: boolean): Term {
  const { operator, left, right, span } = expression;
  const own = NEGATED[operator as ComparisonOperator] as ComparisonOperator | undefined;
  if (own === undefined) throw new NotInPromql(`"${printExpression(expression)}"`, span);
  const [one, other] = [translateNumber(context, left), translateNumber(context, right)];
  if (one.over === "number" && other.over === "number")
    throw new NotInPromql(`"${printExpression(expression)}", a comparison of two constants`, span);
  return joined(one, isNegated ? own : operator, other, context.shared.join(", "));
}

/** Joins conditions that must all hold. Those of keys come first: the result is of keys. */
function both({ shared }: PromqlContext, sides: readonly Term[]): Term {
  const [first, ...others] = sides.toSorted((a, b) => (a.over === b.over ? 0 : a.over === "key" ? -1 : 1));
  if (first === undefined) throw new Error("expected a condition");
  return others.reduce((all, { text, over }) => {
    const match = over === all.over ? "" : ` on(${shared.join(", ")})`;
    return { text: `(${all.text} and${match} ${text})`, over: all.over };
  }, first);
}

function either(expression: Expression, sides: readonly Term[]): Term {
  const [first] = sides;
  if (first === undefined || sides.some(({ over }) => over !== first.over))
    throw new NotInPromql(`"${printExpression(expression)}": keys, or all of them`, expression.span);
  return { text: `(${sides.map(({ text }) => text).join(" or ")})`, over: first.over };
}

function membership(context: PromqlContext, expression: MembershipExpression, isNegated: boolean): Term {
  const { element, set, negated, span } = expression;
  const { text, over } = translateNumber(context, element);
  const isOut = negated !== isNegated;
  const items = set.kind === "list" ? set.items : [set];
  const tests = items.map((item): Term => {
    if (item.kind !== "range")
      return { text: `${text} ${isOut ? "!=" : "=="} ${translateNumber(context, item).text}`, over };
    const [low, high] = [translateNumber(context, item.low).text, translateNumber(context, item.high).text];
    return { text: isOut ? `(${text} < ${low} or ${text} > ${high})` : `(${text} >= ${low} <= ${high})`, over };
  });
  if (over === "number") throw new NotInPromql(`"${printExpression(expression)}"`, span);
  return { text: `(${tests.map((each) => each.text).join(isOut ? " and " : " or ")})`, over };
}
