import type { CallExpression } from "../../language/expression.ts";
import { resolve } from "../../kernel/btf/resolve.ts";
import { spaceOfNumber } from "../address-space.ts";
import { integerOf, type IntegerValue } from "../btf-value.ts";
import { binary, constant, extend } from "../constant-fold.ts";
import { describe } from "../describe.ts";
import { addressOf, detached } from "../places.ts";
import { agreed, DIFFERS, reportDifferent, withOthers } from "../same-name.ts";
import type { Scope } from "../scope.ts";
import { booleanTerm, ERROR, PLAIN, scalarTerm, type ScalarTerm, type Term } from "../term.ts";
import { argument, type LanguageFunction } from "./function.ts";
import { typeArgument } from "./type-argument.ts";

export const CAST: LanguageFunction = {
  name: "cast",
  usage: 'cast(value, "TYPE")',
  doc: "A number or pointer as another type of the kernel's BTF: a struct or union gives a pointer to it, an integer is converted.",
  least: 2,
  most: 2,
  check(call, scope, check) {
    const operand = check(argument(call, 0), scope);
    const target = typeArgument(call, 1, scope);
    if (operand.form === "error" || target === undefined) return ERROR;
    const [id, ...others] = target.ids;
    const { btf } = scope.kernel;
    const { type } = resolve(btf, id);
    if (target.pointer || type.kind === "struct" || type.kind === "union") {
      const pointer = castToPointer(operand, id, scope);
      return pointer === undefined ? notCastable(call, operand, scope) : withOthers(btf, pointer, others);
    }
    const integer = agreed(target.ids, (each) => integerOf(btf, each));
    if (integer !== DIFFERS) return castToInteger(operand, integer) ?? notCastable(call, operand, scope);
    reportDifferent("the numbers that they are", target.ids, argument(call, 1).span, scope);
    return ERROR;
  },
};

/**
 * Casts to a pointer. The verifier does not know the type of the result, so it is read through
 * helpers.
 */
function castToPointer(operand: Term, to: number, scope: Scope): Term | undefined {
  if (operand.form === "place") {
    const { space } = operand.type;
    return scalarTerm({ kind: "pointer", to, space, direct: false }, addressOf(operand));
  }
  if (operand.form !== "scalar" || operand.type.kind === "boolean" || operand.type.kind === "stack") return undefined;
  const { scalar, type } = operand;
  if (type.kind === "pointer") {
    const same = resolve(scope.kernel.btf, type.to).id === resolve(scope.kernel.btf, to).id;
    return scalarTerm(same ? type : { ...type, to, direct: false }, scalar);
  }
  return scalarTerm({ kind: "pointer", to, space: spaceOfNumber(type, scope), direct: false }, scalar);
}

function castToInteger(operand: Term, target: IntegerValue | undefined): Term | undefined {
  if (target === undefined || operand.form !== "scalar" || operand.type.kind === "stack") return undefined;
  const { scalar, type } = operand;
  if (target.type.kind === "boolean") return booleanTerm(binary("!=", false, scalar, constant(0n)));
  const { bits, signed, meaning } = target.type;
  const kept = type.kind === "integer" && meaning.kind === "plain" ? unitOf(type) : meaning;
  const number = type.kind === "pointer" ? detached(scalar) : scalar;
  const space = type.kind === "boolean" || type.space === undefined ? {} : { space: type.space };
  return scalarTerm(
    { kind: "integer", bits, signed, meaning: kept, ...space },
    isSame(operand, bits, signed) ? number : extend(bits, signed, number),
  );
}

/**
 * Returns the meaning that survives a cast. A duration stays a duration at any width. Names and
 * points in time belong to the old type.
 */
function unitOf(type: Extract<ScalarTerm["type"], { kind: "integer" }>): typeof type.meaning {
  return type.meaning.kind === "names" || type.meaning.kind === "timestamp" ? PLAIN : type.meaning;
}

/** True if the value is within the target's range, so that it needs no truncation. */
function isSame({ type, literal }: ScalarTerm, bits: number, signed: boolean): boolean {
  if (literal || type.kind !== "integer") return false;
  return type.signed === signed ? type.bits <= bits : !type.signed && type.bits < bits;
}

function notCastable(call: CallExpression, operand: Term, scope: Scope): Term {
  const found = describe(operand, scope.kernel.btf);
  scope.reporter.error("type-mismatch", call.span, `expected a number or a pointer to cast, found ${found}`);
  return ERROR;
}
