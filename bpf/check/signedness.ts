import type { Expression } from "../language/expression.ts";
import type { IntegerOperand } from "./operands.ts";
import type { Scope } from "./scope.ts";

/**
 * True if an operation on two integers is signed. If that would be a guess, it reports so and
 * returns undefined. Registers hold 64 bits, so a type of at most 32 bits, or a literal that is not
 * negative, has the same value as signed and as unsigned. Such an operand takes the signedness of
 * the other one; two such are signed. Only an unsigned 64-bit value with a signed one is an error.
 */
export function commonSignedness(
  left: IntegerOperand,
  right: IntegerOperand,
  expression: Expression,
  scope: Scope,
): boolean | undefined {
  if (isNeutral(left)) return isNeutral(right) ? true : right.type.signed;
  if (isNeutral(right) || left.type.signed === right.type.signed) return left.type.signed;
  const [signed, unsigned] = left.type.signed ? [left, right] : [right, left];
  const negative = signed.literal ? "a negative number" : `${signed.type.bits}-bit signed`;
  scope.reporter.error(
    "sign-mismatch",
    expression.span,
    `expected integers of one signedness, found ${unsigned.type.bits}-bit unsigned and ${negative}`,
    'write cast(x, "s64") around the unsigned one, or cast(x, "u64") around the signed one',
  );
  return undefined;
}

function isNeutral({ literal, scalar, type }: IntegerOperand): boolean {
  if (literal) return scalar.op === "constant" && scalar.value >= 0n;
  return !type.signed && type.bits < 64;
}

/**
 * Returns the signedness for `& | ^`, which work on bits alone: a literal takes that of the other
 * operand.
 */
export function bitSignedness(
  left: IntegerOperand,
  right: IntegerOperand,
  expression: Expression,
  scope: Scope,
): boolean | undefined {
  if (left.literal && !right.literal) return right.type.signed || right.type.bits < 64;
  if (right.literal && !left.literal) return left.type.signed || left.type.bits < 64;
  return commonSignedness(left, right, expression, scope);
}
