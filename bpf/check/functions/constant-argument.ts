import type { Expression } from "../../language/expression.ts";
import { describe } from "../describe.ts";
import type { CheckExpression, Scope } from "../scope.ts";

/**
 * Returns a number that must be known to the compiler. Another argument, or a number out of range,
 * is reported, and undefined is returned.
 */
export function constantArgument(
  expression: Expression,
  range: { readonly least: number; readonly most: number; readonly noun: string },
  scope: Scope,
  check: CheckExpression,
): number | undefined {
  const term = check(expression, scope);
  if (term.form === "error") return undefined;
  const known = term.form === "scalar" && term.scalar.op === "constant" ? term.scalar.value : undefined;
  if (known !== undefined && known >= range.least && known <= range.most) return Number(known);
  const found = known === undefined ? describe(term, scope.kernel.btf) : String(known);
  const message = `expected a constant from ${range.least} to ${range.most} ${range.noun}, found ${found}`;
  scope.reporter.error("bad-argument", expression.span, message);
  return undefined;
}
