import type { Expression } from "../../language/expression.ts";
import { printExpression } from "../../language/printer.ts";
import type { LinearSteps } from "../checked-program.ts";
import { describe } from "../describe.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import { integerOperand, type IntegerOperand } from "../operands.ts";
import type { Scope } from "../scope.ts";

/** The most steps: each is a counter that is read every tick. */
const MOST_STEPS = 1000n;

/**
 * Returns the buckets that `lo, hi, step` describe. Wrong values are reported, and undefined is
 * returned.
 */
export function linearSteps(
  bounds: readonly Expression[],
  value: IntegerOperand,
  scope: Scope,
): LinearSteps | undefined {
  const [low, high, step] = bounds.map((expression) => literal(expression, value, scope));
  const [lowest, highest, width] = bounds;
  if (low === undefined || high === undefined || step === undefined) return undefined;
  if (lowest === undefined || highest === undefined || width === undefined) return undefined;
  const wrong = (expression: Expression, message: string, help?: string): undefined => {
    scope.reporter.error("bad-argument", expression.span, message, help);
    return undefined;
  };
  if (step <= 0n) return wrong(width, `expected a step above 0, found ${printExpression(width)}`);
  if (high <= low) {
    return wrong(highest, `expected an end above ${printExpression(lowest)}, found ${printExpression(highest)}`);
  }
  const steps = (high - low + step - 1n) / step;
  if (steps <= MOST_STEPS) return { low, high, step };
  return wrong(width, `expected at most ${MOST_STEPS} steps, found ${steps}`, "write a wider step, or histogram(x)");
}

/** Returns a literal in the unit and with the sign of the value. */
function literal(expression: Expression, value: IntegerOperand, scope: Scope): bigint | undefined {
  const { kernel, reporter } = scope;
  const term = checkExpression(expression, scope);
  const operand = integerOperand(term, expression, scope);
  if (operand === undefined) return undefined;
  const { scalar, type } = operand;
  if (!operand.literal || scalar.op !== "constant") {
    const message = `expected a literal, found ${describe(term, kernel.btf)}`;
    reporter.error("bad-argument", expression.span, message, "write a number: the steps are the same for all events");
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
  const help = 'write cast(x, "s64") if x may be negative';
  const message = `expected at least 0, because the value is unsigned, found ${printExpression(expression)}`;
  reporter.error("sign-mismatch", expression.span, message, help);
  return undefined;
}
