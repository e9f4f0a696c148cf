import { childrenOf } from "../../../bpf/language/children.ts";
import type { Expression } from "../../../bpf/language/expression.ts";
import type { Unit } from "./formula.ts";
import type { FormulaContext } from "./formula-context.ts";

/** How people read a number. `_per_second` is of a rate. */
export type ShownUnit =
  "number" | "ratio" | "bytes" | "nanoseconds" | "number_per_second" | "bytes_per_second" | "nanoseconds_per_second";

/**
 * The unit in which a quantity is shown: that of its values, or what it is compared with says it:
 * with `90%` it is a ratio, with `4KiB` bytes.
 */
export function shownUnit(context: FormulaContext, quantity: Expression, against: Expression, unit: Unit): ShownUnit {
  const rate = isRate(context, quantity);
  if (unit === "duration") return rate ? "nanoseconds_per_second" : "nanoseconds";
  if (mentions(context, against, "percentage")) return "ratio";
  if (mentions(context, against, "size")) return rate ? "bytes_per_second" : "bytes";
  return rate ? "number_per_second" : "number";
}

/** Whether a literal of a kind stands in an expression, or in a `let` that it names. */
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
