import type { Expression } from "../../language/expression.ts";
import type { LinearSteps } from "../checked-program.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import { integerOperand, type IntegerOperand } from "../operands.ts";
import type { Scope } from "../scope.ts";

/** Each of them is a counter that is read every tick. */
const MOST_STEPS = 1000n;

/** The buckets that `lo, hi, step` describe; undefined, reported, where they describe none. */
export function linearSteps(
  bounds: readonly Expression[],
  value: IntegerOperand,
  scope: Scope,
): LinearSteps | undefined {
  const [low, high, step] = bounds.map((expression) => literal(expression, value, scope));
  const [, highest, width] = bounds;
  if (low === undefined || high === undefined || step === undefined) return undefined;
  if (highest === undefined || width === undefined) return undefined;
  const wrong = (expression: Expression, message: string, help?: string): undefined => {
    scope.reporter.error("bad-argument", expression.span, message, help);
    return undefined;
  };
  if (step <= 0n) return wrong(width, "expected a step of at least 1");
  if (high <= low) return wrong(highest, "expected an end beyond the beginning");
  const steps = (high - low + step - 1n) / step;
  if (steps <= MOST_STEPS) return { low, high, step };
  return wrong(width, `expected at most ${MOST_STEPS} steps, found ${steps}`, "write a wider step, or histogram(x)");
}

/** A literal in the unit and with the sign of the value. */
function literal(expression: Expression, value: IntegerOperand, scope: Scope): bigint | undefined {
  const { reporter } = scope;
  const operand = integerOperand(checkExpression(expression, scope), expression, scope);
  if (operand === undefined) return undefined;
  const { scalar, type } = operand;
  if (!operand.literal || scalar.op !== "constant") {
    reporter.error("bad-argument", expression.span, "expected a literal: buckets are the same for all events");
    return undefined;
  }
  const isDuration = value.type.meaning.kind === "duration";
  if (scalar.value !== 0n && isDuration !== (type.meaning.kind === "duration")) {
    const [expected, found] = isDuration ? ["a duration", "a number"] : ["a number", "a duration"];
    const help = isDuration ? "write a unit, as in 250ms" : "leave out the unit";
    reporter.error("duration-mismatch", expression.span, `expected ${expected}, found ${found}`, help);
    return undefined;
  }
  const signed = value.type.signed || value.literal;
  if (signed || !type.signed || scalar.value >= 0n)
    return signed ? BigInt.asIntN(64, scalar.value) : BigInt.asUintN(64, scalar.value);
  const help = 'write cast(x, "s64") where x may be negative';
  reporter.error("sign-mismatch", expression.span, "expected at least 0: the value has no sign", help);
  return undefined;
}
