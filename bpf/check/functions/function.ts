import type { CallExpression, Expression } from "../../language/expression.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import type { Term } from "../term.ts";

/** A function of the language. Each has one record. */
export interface LanguageFunction {
  readonly name: string;
  /** such as `str(pointer[, bytes])` */
  readonly usage: string;
  /** a sentence for documentation */
  readonly doc: string;
  readonly least: number;
  readonly most: number;
  /** checks a call that has from `least` to `most` arguments */
  check(call: CallExpression, scope: Scope, check: CheckExpression): Term;
}

/** Returns an argument below `least`, which every call has. */
export function argument(call: CallExpression, index: number): Expression {
  const found = call.arguments[index];
  if (found === undefined) throw new Error(`${call.callee} was checked without its argument ${index}`);
  return found;
}
