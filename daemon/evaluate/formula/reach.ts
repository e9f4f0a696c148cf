import type { Expression } from "../../../bpf/language/expression.ts";
import { printExpression } from "../../../bpf/language/printer.ts";
import { fail, type FormulaContext } from "./formula-context.ts";
import { QUANTILE_NAMES } from "./formula-measures.ts";

type Comparison = Extract<Expression, { readonly kind: "binary" }>;

/** True if a comparison of a number from `low` to `high` with `limit` can come out either way. */
const DEPENDS: Readonly<Record<string, (low: number, high: number, limit: number) => boolean>> = {
  ">": (low, high, limit) => limit >= low && limit < high,
  "<=": (low, high, limit) => limit >= low && limit < high,
  "<": (low, high, limit) => limit > low && limit <= high,
  ">=": (low, high, limit) => limit > low && limit <= high,
  "==": (low, high, limit) => limit >= low && limit <= high,
  "!=": (low, high, limit) => limit >= low && limit <= high,
};

const MIRRORED: Readonly<Record<string, string>> = { ">": "<", "<": ">", ">=": "<=", "<=": ">=" };

/**
 * Refuses a comparison of a quantile or mean of a linear_histogram with a number beyond its steps:
 * values there are only known to be beyond them.
 */
export function checkReach(context: FormulaContext, { left, operator, right, span }: Comparison): boolean {
  const [measure, limit] = right.kind === "call" ? [right, left] : [left, right];
  const turned = measure === right ? (MIRRORED[operator] ?? operator) : operator;
  const [argument] = measure.kind === "call" ? measure.arguments : [];
  if (measure.kind !== "call" || argument?.kind !== "name" || ![...QUANTILE_NAMES, "mean"].includes(measure.callee))
    return true;
  const steps = context.aggregates.find(({ name }) => name === argument.name)?.steps;
  const value = literalOf(limit);
  if (steps === undefined || value === undefined || measure.arguments.length > 1) return true;
  const [low, high] = [Number(steps.low), Number(steps.high)];
  if (DEPENDS[turned]?.(low, high, value) !== false) return true;
  const message = `this comes out the same whatever the values are: "${printExpression(measure)}" is from ${low} to ${high}, for linear_histogram counts what lies beyond as over ${high} or under ${low}`;
  fail(context, "formula-out-of-reach", span, message, "give linear_histogram a wider range, or write histogram(x)");
  return false;
}

function literalOf(expression: Expression): number | undefined {
  if (expression.kind === "duration") return Number(expression.nanoseconds);
  if (expression.kind === "size") return Number(expression.bytes);
  return expression.kind === "integer" || expression.kind === "decimal" ? Number(expression.value) : undefined;
}
