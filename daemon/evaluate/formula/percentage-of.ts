import { aggregateRecord, isDistribution } from "../../../bpf/check/aggregate-functions.ts";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import type { Expression } from "../../../bpf/language/expression.ts";
import { printExpression } from "../../../bpf/language/printer.ts";
import { fail, type FormulaContext } from "./formula-context.ts";
import { QUANTILE_NAMES } from "./formula-measures.ts";

type Comparison = Extract<Expression, { readonly kind: "binary" }>;

const hasWholeValues = ({ function: name }: Aggregate): boolean => aggregateRecord(name).isWhole;

/** Functions that give a number of events or keys, or a value of the kernel. */
const WHOLE_FUNCTIONS: readonly string[] = [...QUANTILE_NAMES, "count", "keys", "total", "delta", "previous"];

/**
 * Refuses a comparison of a whole number with a percentage: 90% is 0.9, and no count can be 0.9.
 * Every count but 0 is above it.
 */
export function checkPercentage(context: FormulaContext, { left, right, operator }: Comparison): boolean {
  const [number, percentage] = right.kind === "percentage" ? [left, right] : [right, left];
  if (percentage.kind !== "percentage" || percentage.value === 0 || !isWhole(context, number)) return true;
  const [text, limit] = [printExpression(number), printExpression(percentage)];
  const message = `expected a ratio beside "${operator}", for ${limit} is ${percentage.value}; found "${text}", which is a whole number`;
  const help = `write "let: {ratio: ${text} / ALL}" for its part of something, or the number without "%"`;
  fail(context, "formula-unit", percentage.span, message, help);
  return false;
}

function isWhole({ aggregates }: FormulaContext, expression: Expression): boolean {
  if (expression.kind === "name")
    return aggregates.some(
      (each) => each.name === expression.name && hasWholeValues(each) && !isDistribution(each.function),
    );
  const [argument] = expression.kind === "call" ? expression.arguments : [];
  if (expression.kind !== "call" || argument?.kind !== "name" || !WHOLE_FUNCTIONS.includes(expression.callee))
    return false;
  return aggregates.some((each) => each.name === argument.name && hasWholeValues(each));
}
