import type { Expression } from "../language/expression.ts";
import type { IntegerOperand } from "./operands.ts";
import type { Scope } from "./scope.ts";

/**
 * Whether an operation on two integers is signed, or undefined, reported, where that would be a guess. Registers hold 64 bits, so
 * types of at most 32 bits, and literals that are not negative, have the same value either way and take the side of the other
 * operand; two such are signed. Only unsigned 64-bit values against signed ones are an error.
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

/** For `& | ^`, which work on bits alone: a literal takes the other's sign. */
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
