import { childrenOf } from "../../../bpf/language/children.ts";
import type { Expression } from "../../../bpf/language/expression.ts";
import type { Unit } from "./formula.ts";
import type { FormulaContext } from "./formula-context.ts";

/** The unit in which people read a number. `_per_second` is for rates. */
export type ShownUnit =
  "number" | "ratio" | "bytes" | "nanoseconds" | "number_per_second" | "bytes_per_second" | "nanoseconds_per_second";

/**
 * Returns the unit in which a quantity is shown. It is the unit of its values, or follows from the
 * other side of the comparison: with `90%` the quantity is a ratio, with `4KiB` it is in bytes.
 */
export function shownUnit(context: FormulaContext, quantity: Expression, against: Expression, unit: Unit): ShownUnit {
  const rate = isRate(context, quantity);
  if (unit === "duration") return rate ? "nanoseconds_per_second" : "nanoseconds";
  if (mentions(context, against, "percentage")) return "ratio";
  if (mentions(context, against, "size")) return rate ? "bytes_per_second" : "bytes";
  return rate ? "number_per_second" : "number";
}

/** True if an expression, or a `let` that it names, contains a literal of a kind. */
function mentions(context: FormulaContext, expression: Expression, kind: "percentage" | "size"): boolean {
  if (expression.kind === kind) return true;
  if (expression.kind === "name") {
    const meant = context.lets.get(expression.name);
    return meant !== undefined && mentions(context, meant, kind);
  }
  return childrenOf(expression).some((child) => mentions(context, child, kind));
}

function isRate(context: FormulaContext, expression: Expression): boolean {
  if (expression.kind === "call") return expression.callee === "rate";
  const meant = expression.kind === "name" ? context.lets.get(expression.name) : undefined;
  return meant !== undefined && isRate(context, meant);
}
