import type { ComparisonOperator, Expression } from "../../language/expression.ts";
import { printExpression } from "../../language/printer.ts";
import { warnOfConstant } from "../constant-comparison.ts";
import { binary, unary } from "../constant-fold.ts";
import { describe } from "../describe.ts";
import { asInteger } from "../operands.ts";
import { charactersAsString } from "../places.ts";
import type { Scope } from "../scope.ts";
import { commonSignedness } from "../signedness.ts";
import { equalsLiteral, equalTexts, isComparableLiteral, isText, kernelSpelling, warnOfTooLong } from "../strings.ts";
import { booleanTerm, ERROR, type BytesTerm, type IntegerType, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";

export interface Comparison {
  readonly operator: ComparisonOperator;
  readonly left: Term;
  readonly right: Term;
  readonly leftExpression: Expression;
  readonly rightExpression: Expression;
  /** the place of a message about both sides */
  readonly expression: Expression;
  /** true for one end of a range, which may be the smallest or the largest possible value */
  readonly isBound?: boolean;
}

/**
 * Checks a comparison. Numbers, booleans and pointers compare by value; strings and addresses only
 * for equality.
 */
export function compare(comparison: Comparison, scope: Scope): Term {
  const { btf } = scope.kernel;
  const left = charactersAsString(btf, comparison.left);
  const right = charactersAsString(btf, comparison.right);
  if (left.form === "error" || right.form === "error") return ERROR;
  const sides = { ...comparison, left, right };
  if (left.form === "bytes" && right.form === "bytes" && left.type.kind === right.type.kind) {
    return compareBytes(sides, left, right, scope);
  }
  if (isPointer(left) || isPointer(right)) return comparePointers(sides, scope);
  return compareIntegers(sides, scope);
}

function compareIntegers(comparison: Comparison, scope: Scope): Term {
  const { operator, expression } = comparison;
  const left = asInteger(comparison.left);
  const right = asInteger(comparison.right);
  if (left === undefined || right === undefined) return mismatch(comparison, scope);
  if (!comparableTimes(left.type, right.type)) {
    const found = `${describe(comparison.left, scope.kernel.btf)} and ${describe(comparison.right, scope.kernel.btf)}`;
    const message = `expected the same unit on both sides of "${operator}", found ${found}`;
    scope.reporter.error("duration-mismatch", expression.span, message, unitHelp(comparison));
    return ERROR;
  }
  const { leftExpression, rightExpression } = comparison;
  const sides = [
    { operand: left, expression: leftExpression },
    { operand: right, expression: rightExpression },
  ] as const;
  const signed = commonSignedness(left, right, expression, scope);
  if (signed !== undefined && comparison.isBound !== true) warnOfConstant(operator, ...sides, expression, scope);
  return signed === undefined ? ERROR : booleanTerm(binary(operator, signed, left.scalar, right.scalar));
}

/**
 * True if times are compared with the same kind of time: the meaning of "elapsed > 250" would be a
 * guess.
 */
function comparableTimes(left: IntegerType, right: IntegerType): boolean {
  const time = (type: IntegerType): string =>
    ["duration", "timestamp"].includes(type.meaning.kind) ? type.meaning.kind : "none";
  return time(left) === time(right);
}

function unitHelp({ left, right, leftExpression, rightExpression }: Comparison): string {
  const kinds = [left, right].map((side) =>
    side.form === "scalar" && side.type.kind === "integer" ? side.type.meaning.kind : "",
  );
  if (kinds.includes("timestamp"))
    return "compare a point in time only with another one, or subtract the two for a duration";
  const number = [leftExpression, rightExpression].find((side) => side.kind === "integer");
  if (number?.kind === "integer") return `write a unit, such as ${number.value}ms`;
  const nanoseconds = [left, right].map(constantNumber).find((value) => value !== undefined);
  if (kinds.includes("duration") && nanoseconds !== undefined && nanoseconds > 0n)
    return `write it with a unit: ${printExpression({ kind: "duration", nanoseconds, span: leftExpression.span })}`;
  return "leave out the unit to compare numbers, or measure a duration";
}

/**
 * Returns the value of a side that is always the same number without a unit, such as `10 *
 * NSEC_PER_MSEC`.
 */
function constantNumber(side: Term): bigint | undefined {
  if (side.form !== "scalar" || side.type.kind !== "integer" || side.type.meaning.kind === "duration") return undefined;
  return side.scalar.op === "constant" ? side.scalar.value : undefined;
}

function isPointer(term: Term): boolean {
  return term.form === "scalar" && term.type.kind === "pointer";
}

function comparePointers(comparison: Comparison, scope: Scope): Term {
  const { operator, left, right } = comparison;
  const equality = operator === "==" || operator === "!=";
  const comparable = [left, right].every((side) => isPointer(side) || (side.form === "scalar" && side.literal));
  if (!equality || !comparable || left.form !== "scalar" || right.form !== "scalar") return mismatch(comparison, scope);
  return booleanTerm(binary(operator, false, left.scalar, right.scalar));
}

function compareBytes(comparison: Comparison, left: BytesTerm, right: BytesTerm, scope: Scope): Term {
  const { operator, expression } = comparison;
  const noun = left.type.kind === "string" ? "strings" : "addresses";
  if (operator !== "==" && operator !== "!=") {
    scope.reporter.error(
      "type-mismatch",
      expression.span,
      `expected numbers on both sides of "${operator}", found ${noun}`,
    );
    return ERROR;
  }
  const bothTexts = [left, right].every((side) => isText(side, expression.span, scope.reporter));
  const equal = bothTexts ? equalBytes(left, right, expression, scope) : undefined;
  if (equal === undefined) return ERROR;
  return booleanTerm(operator === "==" ? equal : unary("not", equal));
}

function equalBytes(left: BytesTerm, right: BytesTerm, { span }: Expression, { reporter }: Scope): Scalar | undefined {
  const [value, other] = right.bytes.op === "literal" ? [left, right] : [right, left];
  if (other.bytes.op !== "literal") {
    if (left.type.kind === "string") return equalTexts(left, right, false);
    return { op: "memory-equal", left: left.bytes, right: right.bytes };
  }
  const literal = literalFor(value, other.bytes.value);
  if (!isComparableLiteral(literal, span, reporter)) return undefined;
  if (left.type.kind === "string") warnOfTooLong(value, literal.subarray(0, -1), span, reporter);
  return equalsLiteral(value, literal);
}

/** Spells a literal as the kernel spells `value`. */
function literalFor(value: BytesTerm, literal: Uint8Array): Uint8Array {
  if (value.type.kind !== "string" || value.type.form !== "tty") return literal;
  return new TextEncoder().encode(kernelSpelling(value, new TextDecoder().decode(literal)));
}

function isDigits(expression: Expression): boolean {
  return expression.kind === "string" && /^\d+$/.test(expression.value);
}

function mismatch(comparison: Comparison, scope: Scope): Term {
  const { operator, left, right, expression } = comparison;
  const { btf } = scope.kernel;
  const found = `${describe(left, btf)} and ${describe(right, btf)}`;
  scope.reporter.error(
    "type-mismatch",
    expression.span,
    `expected comparable operands of "${operator}", found ${found}`,
    mismatchHelp(comparison),
  );
  return ERROR;
}

const HELP_FOR_CGROUP =
  'its name is known only to user space: compare the id, which "stat -c %i /sys/fs/cgroup/PATH" prints';

function mismatchHelp({ left, right, leftExpression, rightExpression }: Comparison): string | undefined {
  const sides = [left, right];
  if (!sides.some((side) => side.form === "bytes" && side.type.kind === "string")) return undefined;
  if (sides.some(isPointer)) return "write str(x) to read the string that a pointer points to";
  if ([leftExpression, rightExpression].some(isDigits)) return "write numbers without quotes";
  const number = sides.find((side) => asInteger(side) !== undefined);
  if (number?.form !== "scalar") return undefined;
  if (number.type.kind === "integer" && number.type.meaning?.kind === "cgroup") return HELP_FOR_CGROUP;
  return number.literal
    ? "write a string in quotes"
    : "compare with a number or a constant, not with a string: 0, SIGKILL, -ENOENT";
}
