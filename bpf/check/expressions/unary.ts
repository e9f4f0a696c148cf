import type { UnaryExpression } from "../../language/expression.ts";
import { booleanTerm, ERROR, integerType, PLAIN, type Term } from "../term.ts";
import { unary } from "../constant-fold.ts";
import { conditionOf, integerOperand } from "../operands.ts";
import type { CheckExpression, Scope } from "../scope.ts";

export function checkUnary(expression: UnaryExpression, scope: Scope, check: CheckExpression): Term {
  const { operand, operator, span } = expression;
  const term = check(operand, scope);
  if (operator === "not") {
    const condition = conditionOf(term, operand, scope);
    return condition === undefined ? ERROR : booleanTerm(unary("not", condition));
  }
  const integer = integerOperand(term, operand, scope);
  if (integer === undefined) return ERROR;
  const { literal, scalar, type } = integer;
  if (operator === "-" && literal && !type.signed && scalar.op === "constant" && scalar.value !== -(1n << 63n)) {
    scope.reporter.error(
      "number-too-large",
      span,
      `expected an integer of 64 bits, found -${BigInt.asUintN(64, scalar.value)}`,
      `the smallest is ${-(1n << 63n)}`,
    );
    return ERROR;
  }
  const signed = operator === "-" || type.signed || type.bits < 64;
  const meaning = operator === "-" && ["duration", "bytes"].includes(type.meaning.kind) ? type.meaning : PLAIN;
  const value = unary(operator === "-" ? "negate" : "complement", scalar);
  return { form: "scalar", type: integerType(64, signed, meaning), scalar: value, literal };
}
