import type { ArithmeticOperator, BinaryExpression } from "../../language/expression.ts";
import { commonSpace } from "../address-space.ts";
import { binary } from "../constant-fold.ts";
import { integerOperand, type IntegerOperand } from "../operands.ts";
import type { Scope } from "../scope.ts";
import { bitSignedness, commonSignedness } from "../signedness.ts";
import { ERROR, integerType, type IntegerType, type Term } from "../term.ts";
import { resultMeaning } from "./units.ts";

interface Arithmetic {
  readonly operator: ArithmeticOperator;
  readonly left: Term;
  readonly right: Term;
  readonly expression: BinaryExpression;
}

const HELP_FOR_DURATION = "write durations with a unit, such as 250ms";
const HELP_FOR_TIME =
  'write durations with a unit, such as 250ms, or cast(now, "u64") for a number: nanoseconds since boot';

/** Checks arithmetic of 64-bit integers that wrap; `constant-fold.ts` defines each operator. */
export function arithmetic({ operator, left, right, expression }: Arithmetic, scope: Scope): Term {
  const a = integerOperand(left, expression.left, scope);
  const b = integerOperand(right, expression.right, scope);
  if (a === undefined || b === undefined) return ERROR;
  const meaning = resultMeaning(operator, a.type, b.type);
  if (typeof meaning === "string") {
    const times = [a, b].filter(({ type }) => type.meaning.kind === "timestamp").length;
    scope.reporter.error(
      "duration-mismatch",
      expression.span,
      meaning,
      times === 1 ? HELP_FOR_TIME : HELP_FOR_DURATION,
    );
    return ERROR;
  }
  const signed = signednessOf(operator, a, b, expression, scope);
  if (signed === undefined) return ERROR;
  const type = { ...integerType(...resultRange(operator, a, b, signed), meaning), ...commonSpace(a.type, b.type) };
  return {
    form: "scalar",
    type,
    scalar: binary(operator, signed, a.scalar, b.scalar),
    literal: a.literal && b.literal,
  };
}

function signednessOf(
  operator: ArithmeticOperator,
  left: IntegerOperand,
  right: IntegerOperand,
  expression: BinaryExpression,
  scope: Scope,
): boolean | undefined {
  if (operator === "<<" || operator === ">>") return left.type.signed || left.type.bits < 64;
  if (operator === "&" || operator === "|" || operator === "^") return bitSignedness(left, right, expression, scope);
  return commonSignedness(left, right, expression, scope);
}

/**
 * Returns the range of a result. Results take 64 bits. A result that cannot exceed its narrow
 * unsigned operands stays narrow, and so has no sign.
 */
function resultRange(
  operator: ArithmeticOperator,
  left: IntegerOperand,
  right: IntegerOperand,
  signed: boolean,
): [IntegerType["bits"], boolean] {
  const a = narrowBits(left);
  const b = narrowBits(right);
  switch (operator) {
    case "&": {
      const least = Math.min(a ?? 64, b ?? 64) as IntegerType["bits"];
      return least < 64 ? [least, false] : [64, signed];
    }
    case "|":
    case "^":
      return a !== undefined && b !== undefined ? [Math.max(a, b) as IntegerType["bits"], false] : [64, signed];
    case "/":
    case "%":
      return a !== undefined && b !== undefined ? [a, false] : [64, signed];
    case ">>":
      return a === undefined ? [64, signed] : [a, false];
    default:
      return [64, signed];
  }
}

/** Returns 8, 16 or 32 if the value is known to fit in so many unsigned bits. */
function narrowBits({ literal, scalar, type }: IntegerOperand): 8 | 16 | 32 | undefined {
  if (literal && scalar.op === "constant") {
    const { value } = scalar;
    return value < 0n ? undefined : ([8, 16, 32] as const).find((bits) => value < 1n << BigInt(bits));
  }
  return type.signed || type.bits === 64 ? undefined : type.bits;
}
