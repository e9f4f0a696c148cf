import type { IndexExpression } from "../../language/expression.ts";
import { resolve } from "../../kernel/btf/resolve.ts";
import { binary, conditional, constant } from "../constant-fold.ts";
import { describe } from "../describe.ts";
import { integerOperand, type IntegerOperand } from "../operands.ts";
import { contextElementType, readElement, readElementAt } from "../places.ts";
import { DIFFERS, readInEach, reportDifferent, typesOf } from "../same-name.ts";
import { contextLoad, isWidth } from "../widths.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import { ERROR, integerType, scalarTerm, type ScalarTerm, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";

/**
 * Checks `array[3]`, `array[i]`, and the same through a pointer. A read after the end of an array
 * faults, and gives 0.
 */
export function checkIndex(expression: IndexExpression, scope: Scope, check: CheckExpression): Term {
  const term = check(expression.object, scope);
  const index = integerOperand(check(expression.index, scope), expression.index, scope);
  if (term.form === "error" || index === undefined) return ERROR;
  const count = countOf(term, scope);
  if (index.scalar.op !== "constant") {
    const at = shared(index, expression, scope);
    return inEach(expression, term, scope, (each) => elementAt(each, at, count, scope));
  }
  const at = Number(index.scalar.value);
  if (at < 0 || (count !== undefined && at >= count)) {
    const expected = count === undefined ? "an index from 0 up" : `an index from 0 to ${count - 1}`;
    scope.reporter.error("bad-argument", expression.index.span, `expected ${expected}, found ${at}`);
    return ERROR;
  }
  return inEach(expression, term, scope, (each) => elementOf(each, at, scope));
}

function inEach(expression: IndexExpression, term: Term, scope: Scope, read: (term: Term) => Term | undefined): Term {
  const element = readInEach(scope.kernel.btf, term, read);
  if (element !== DIFFERS) return element ?? noElement(expression, term, scope);
  reportDifferent("size", typesOf(term), expression.object.span, scope);
  return ERROR;
}

/**
 * Returns the number of elements that the type declares, or undefined for pointers and flexible
 * arrays.
 */
function countOf(term: Term, scope: Scope): number | undefined {
  if (term.form === "context-array") return term.count;
  if (term.form !== "place") return undefined;
  const { type } = resolve(scope.kernel.btf, term.type.type);
  return type.kind === "array" && type.count > 0 ? type.count : undefined;
}

function elementOf(term: Term, index: number, scope: Scope): Term | undefined {
  if (term.form !== "context-array") return readElement(scope.kernel.btf, term, index);
  if (term.made !== undefined) return "elements" in term.made ? term.made.elements[index] : undefined;
  const { elementBytes: bytes, elementSigned: signed, offset } = term;
  const bits = contextElementType(bytes);
  if (bits === undefined || !isWidth(bytes)) return undefined;
  return scalarTerm(integerType(bits, signed), contextLoad(offset + index * bytes, bytes, signed));
}

function shared(index: IntegerOperand, expression: IndexExpression, scope: Scope): Scalar {
  return scope.share(index.scalar, expression.index.span);
}

/**
 * Returns an element at an index that is known only when the program runs. An index that is not
 * below `count` becomes address 0, where a read faults.
 */
function elementAt(term: Term, index: Scalar, count: number | undefined, scope: Scope): Term | undefined {
  const within = (address: Scalar): Scalar =>
    count === undefined
      ? address
      : conditional(binary("<", false, index, constant(BigInt(count))), address, constant(0n));
  if (term.form !== "context-array") return readElementAt(scope.kernel.btf, term, index, within);
  if (term.made !== undefined) return "elements" in term.made ? oneOf(term.made.elements, index) : undefined;
  const { elementBytes: bytes, elementSigned: signed, offset } = term;
  const bits = contextElementType(bytes);
  if (bits === undefined || !isWidth(bytes)) return undefined;
  // programs may load from their context only at constant offsets
  const scaled = binary("*", false, index, constant(BigInt(bytes)));
  const address = binary("+", false, { op: "number", operand: { op: "context-address", offset } }, scaled);
  const load = { op: "load", base: within(address), offset: 0, bytes, signed, how: "kernel" } as const;
  return scalarTerm(integerType(bits, signed), load);
}

/** Returns the element at an index, or 0 beyond the last. */
function oneOf(elements: readonly ScalarTerm[], index: Scalar): Term | undefined {
  const [first] = elements;
  const chosen = elements.reduceRight<Scalar>(
    (others, { scalar }, at) => conditional(binary("==", false, index, constant(BigInt(at))), scalar, others),
    constant(0n),
  );
  return first && scalarTerm(first.type, chosen);
}

function noElement({ object }: IndexExpression, term: Term, scope: Scope): Term {
  const isPointer = term.form === "scalar" && term.type.kind === "pointer";
  const help = isPointer ? 'name the type that it points to: cast(p, "u64 *")[0]' : undefined;
  const message = `expected an array, found ${describe(term, scope.kernel.btf)}`;
  scope.reporter.error("type-mismatch", object.span, message, help);
  return ERROR;
}
