import { evaluateBinary } from "../check/constant-fold.ts";
import type { ScalarOperator } from "../check/typed-expression.ts";
import type { Expression } from "../language/expression.ts";

/**
 * Returns the number that an expression of literals stands for, or undefined for any other
 * expression.
 */
export function literalValue(expression: Expression): bigint | undefined {
  switch (expression.kind) {
    case "integer":
      return expression.value;
    case "duration":
      return expression.nanoseconds;
    case "size":
      return expression.bytes;
    case "unary": {
      const operand = literalValue(expression.operand);
      return operand === undefined || expression.operator !== "-" ? undefined : -operand;
    }
    case "binary": {
      const [left, right] = [literalValue(expression.left), literalValue(expression.right)];
      if (left === undefined || right === undefined || expression.operator === "and" || expression.operator === "or") {
        return undefined;
      }
      return evaluateBinary(expression.operator satisfies ScalarOperator, true, left, right);
    }
    default:
      return undefined;
  }
}
