import type { ConditionalExpression } from "../../language/expression.ts";
import { commonSpace } from "../address-space.ts";
import { conditional } from "../constant-fold.ts";
import { describe } from "../describe.ts";
import { commonMeaning } from "../meaning.ts";
import { asInteger, conditionOf, type IntegerOperand } from "../operands.ts";
import { charactersAsString } from "../places.ts";
import { branch, type CheckExpression, type Scope } from "../scope.ts";
import { commonSignedness } from "../signedness.ts";
import { ERROR, integerType, type BytesTerm, type IntegerType, type ScalarTerm, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";

/**
 * Checks `test ? then : otherwise`. Both branches have one type, and only the chosen one is
 * computed.
 */
export function checkConditional(expression: ConditionalExpression, scope: Scope, check: CheckExpression): Term {
  const test = conditionOf(check(expression.test, scope), expression.test, scope);
  const inBranch = branch(scope);
  const then = charactersAsString(scope.kernel.btf, check(expression.then, inBranch));
  const otherwise = charactersAsString(scope.kernel.btf, check(expression.otherwise, inBranch));
  if (test === undefined || then.form === "error" || otherwise.form === "error") return ERROR;
  const joined = join(test, then, otherwise, expression, scope);
  if (joined !== undefined) return joined;
  const [a, b] = [describe(then, scope.kernel.btf), describe(otherwise, scope.kernel.btf)];
  scope.reporter.error("type-mismatch", expression.span, `expected branches of one type, found ${a} and ${b}`);
  return ERROR;
}

function join(
  test: Scalar,
  then: Term,
  otherwise: Term,
  expression: ConditionalExpression,
  scope: Scope,
): Term | undefined {
  if (then.form === "bytes" && otherwise.form === "bytes") return joinBytes(test, then, otherwise);
  if (then.form !== "scalar" || otherwise.form !== "scalar") return undefined;
  const scalar = conditional(test, then.scalar, otherwise.scalar);
  const same = sameType(then.type, otherwise.type);
  if (same !== undefined) return { form: "scalar", type: same, scalar, literal: false };
  const a = asInteger(then);
  const b = asInteger(otherwise);
  if (a === undefined || b === undefined) return undefined;
  const signed = commonSignedness(a, b, expression, scope);
  if (signed === undefined) return ERROR;
  return { form: "scalar", type: joinedType(a, b, signed), scalar, literal: false };
}

/**
 * Returns the common type of two values that are not numbers. A chosen pointer can no longer be
 * loaded through directly.
 */
function sameType(a: ScalarTerm["type"], b: ScalarTerm["type"]): ScalarTerm["type"] | undefined {
  if (a.kind === "boolean" && b.kind === "boolean") return a;
  if (a.kind === "stack" && b.kind === "stack" && a.space === b.space) return a;
  const same = a.kind === "pointer" && b.kind === "pointer" && a.to === b.to && a.space === b.space;
  return same ? { ...a, direct: false } : undefined;
}

function joinedType(then: IntegerOperand, otherwise: IntegerOperand, signed: boolean): IntegerType {
  const [a, b] = [then.type, otherwise.type];
  const meaning = commonMeaning(a.meaning, b.meaning);
  const alike = a.signed === b.signed && (a.bits === b.bits || !a.signed);
  const type = alike
    ? integerType(Math.max(a.bits, b.bits) as IntegerType["bits"], a.signed, meaning)
    : integerType(64, signed, meaning);
  return { ...type, ...commonSpace(a, b) };
}

function joinBytes(test: Scalar, then: BytesTerm, otherwise: BytesTerm): Term | undefined {
  const bytes = Math.max(then.bytes.bytes, otherwise.bytes.bytes);
  const chosen = { op: "choose", test, then: then.bytes, otherwise: otherwise.bytes, bytes } as const;
  if (then.type.kind === "address" && otherwise.type.kind === "address") return { ...then, bytes: chosen };
  if (then.type.kind !== "string" || otherwise.type.kind !== "string") return undefined;
  const buffers = [then, otherwise].filter(({ type }) => type.kind === "string" && type.form === "bytes");
  if (buffers.length === 1) return undefined;
  const { form } = then.type.form === "text" ? otherwise.type : then.type;
  const maxBytes = Math.max(then.type.maxBytes, otherwise.type.maxBytes);
  return {
    form: "bytes",
    type: { kind: "string", maxBytes, form },
    bytes: chosen,
    elastic: then.elastic || otherwise.elastic,
  };
}
