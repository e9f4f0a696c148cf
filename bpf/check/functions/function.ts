import type { CallExpression, Expression } from "../../language/expression.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import type { Term } from "../term.ts";

/** A function of the language: one record each. */
export interface LanguageFunction {
  readonly name: string;
  /** such as `str(pointer[, bytes])` */
  readonly usage: string;
  /** a sentence for documentation */
  readonly doc: string;
  readonly least: number;
  readonly most: number;
  /** called with an argument count within `least` and `most` */
  check(call: CallExpression, scope: Scope, check: CheckExpression): Term;
}

/** An argument that `least` promises. */
export function argument(call: CallExpression, index: number): Expression {
  const found = call.arguments[index];
  if (found === undefined) throw new Error(`${call.callee} was checked without its argument ${index}`);
  return found;
}
