import type { IndexExpression } from "../../language/expression.ts";
import { resolve } from "../../kernel/btf/resolve.ts";
import { describe } from "../describe.ts";
import { contextElementType, readElement } from "../places.ts";
import { contextLoad, isWidth } from "../widths.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import { ERROR, integerType, scalarTerm, type Term } from "../term.ts";

/** `array[3]`: constant indexes within the array's bounds, and any constant index through a pointer. */
export function checkIndex(expression: IndexExpression, scope: Scope, check: CheckExpression): Term {
  const term = check(expression.object, scope);
  const indexTerm = check(expression.index, scope);
  if (term.form === "error" || indexTerm.form === "error") return ERROR;
  if (indexTerm.form !== "scalar" || indexTerm.type.kind !== "integer" || indexTerm.scalar.op !== "constant") {
    scope.reporter.error(
      "not-supported-yet",
      expression.index.span,
      "expected a constant index: others are not supported yet",
    );
    return ERROR;
  }
  const index = Number(indexTerm.scalar.value);
  const count = countOf(term, scope);
  if (index < 0 || (count !== undefined && index >= count)) {
    scope.reporter.error(
      "bad-argument",
      expression.index.span,
      `expected an index from 0 to ${(count ?? 1) - 1}, found ${index}`,
    );
    return ERROR;
  }
  return elementOf(term, index, scope) ?? noElement(expression, term, scope);
}

/** Elements that the type declares; undefined for pointers and flexible arrays. */
function countOf(term: Term, scope: Scope): number | undefined {
  if (term.form === "context-array") return term.count;
  if (term.form !== "place") return undefined;
  const { type } = resolve(scope.kernel.btf, term.type.type);
  return type.kind === "array" && type.count > 0 ? type.count : undefined;
}

function elementOf(term: Term, index: number, scope: Scope): Term | undefined {
  if (term.form !== "context-array") return readElement(scope.kernel.btf, term, index);
  const { elementBytes: bytes, elementSigned: signed, offset } = term;
  const bits = contextElementType(bytes);
  if (bits === undefined || !isWidth(bytes)) return undefined;
  return scalarTerm(integerType(bits, signed), contextLoad(offset + index * bytes, bytes, signed));
}

function noElement({ object }: IndexExpression, term: Term, scope: Scope): Term {
  scope.reporter.error("type-mismatch", object.span, `expected an array, found ${describe(term, scope.kernel.btf)}`);
  return ERROR;
}
