import type { Expression, RangeExpression } from "./expression.ts";

/** True if a range of two literals, such as `10..5`, is empty: its ends are probably swapped. */
export function isEmptyRange({ low, high }: RangeExpression): boolean {
  const [least, most] = [valueOf(low), valueOf(high)];
  return least !== undefined && most !== undefined && least > most;
}

function valueOf(expression: Expression): bigint | number | undefined {
  switch (expression.kind) {
    case "integer":
    case "decimal":
    case "percentage":
      return expression.value;
    case "duration":
      return expression.nanoseconds;
    case "size":
      return expression.bytes;
    case "unary": {
      const value = expression.operator === "-" ? valueOf(expression.operand) : undefined;
      return value === undefined ? undefined : -value;
    }
    default:
      return undefined;
  }
}
