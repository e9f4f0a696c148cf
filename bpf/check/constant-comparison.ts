import type { Expression } from "../language/expression.ts";
import { printExpression } from "../language/printer.ts";
import type { ComparisonOperator } from "../language/expression.ts";
import { describe } from "./describe.ts";
import type { IntegerOperand } from "./operands.ts";
import type { Scope } from "./scope.ts";
import { scalarTerm } from "./term.ts";

interface Side {
  readonly operand: IntegerOperand;
  readonly expression: Expression;
}

const MIRRORED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/**
 * Results of a comparison with `constant` for all values from `least` to `most`; undefined if the
 * result depends on the value.
 */
const OUTCOMES: Readonly<
  Record<ComparisonOperator, (least: bigint, most: bigint, constant: bigint) => boolean | undefined>
> = {
  "==": (least, most, constant) => (constant < least || constant > most ? false : undefined),
  "!=": (least, most, constant) => (constant < least || constant > most ? true : undefined),
  "<": (least, most, constant) => (most < constant ? true : least >= constant ? false : undefined),
  "<=": (least, most, constant) => (most <= constant ? true : least > constant ? false : undefined),
  ">": (least, most, constant) => (least > constant ? true : most <= constant ? false : undefined),
  ">=": (least, most, constant) => (least >= constant ? true : most < constant ? false : undefined),
};

/**
 * Warns of a comparison with a number whose result follows from the width and sign of the other
 * side.
 */
export function warnOfConstant(
  operator: ComparisonOperator,
  left: Side,
  right: Side,
  expression: Expression,
  scope: Scope,
): void {
  if (left.operand.literal === right.operand.literal) return;
  const [value, other] = right.operand.literal ? [left, right] : [right, left];
  const turned = right.operand.literal ? operator : MIRRORED[operator];
  const { scalar } = other.operand;
  if (scalar.op !== "constant" || value.operand.scalar.op === "constant") return;
  const { bits, signed } = value.operand.type;
  const [least, most] = signed
    ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
    : [0n, (1n << BigInt(bits)) - 1n];
  // as the user wrote it: a register has no sign
  const number = other.operand.type.signed ? BigInt.asIntN(64, scalar.value) : BigInt.asUintN(64, scalar.value);
  const outcome = OUTCOMES[turned](least, most, number);
  if (outcome === undefined) {
    if (number < 0n || (number === 0n && (turned === "<" || turned === ">=")))
      warnOfRegister(turned, value, expression, scope);
    return;
  }
  const type = describe(scalarTerm(value.operand.type, value.operand.scalar), scope.kernel.btf);
  const message = `this is ${outcome ? "always" : "never"} true: "${printExpression(value.expression)}" is ${type}, from ${least} to ${most}`;
  scope.reporter.warn("constant-filter", expression.span, message, helpFor(value, number, most));
}

function helpFor({ expression, operand: { type } }: Side, number: bigint, most: bigint): string {
  const text = printExpression(expression);
  if (type.signed || number > 0n) return "compare with a number in this range";
  if (number === 0n) return `write cast(${text}, "s${type.bits}") if it is meant to be signed`;
  return `write ${most + 1n + number}, which has the same bits, or cast(${text}, "s${type.bits}")`;
}

/**
 * Warns about arguments and return values of functions without known types. Each is a 64-bit
 * register, and a C int fills only the lower half.
 */
function warnOfRegister(
  operator: ComparisonOperator,
  { expression, operand: { type } }: Side,
  whole: Expression,
  { probe, reporter }: Scope,
): void {
  const isRegister = expression.kind === "name" && /^(retval|arg\d)$/.test(expression.name);
  if (!isRegister || probe.context.untyped !== true || !type.signed || type.bits < 64) return;
  const { name } = expression;
  const never = operator === ">" || operator === ">=" || operator === "!=" ? "always" : "never";
  const message = `this is ${never} true if "${name}" is a C int: the rule reads a 64-bit register, where a negative int looks positive`;
  reporter.warn(
    "constant-filter",
    whole.span,
    message,
    `write cast(${name}, "s32") for an int, cast(${name}, "s64") for a long`,
  );
}
