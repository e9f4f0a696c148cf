import { evaluateBinary, evaluateExtend, evaluateSwap } from "../check/constant-fold.ts";
import type { Scalar } from "../check/typed-expression.ts";

const pattern = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Returns the value of a scalar that does not depend on the run, as a u64 pattern. */
export function constantOf(scalar: Scalar): bigint | undefined {
  switch (scalar.op) {
    case "constant":
      return pattern(scalar.value);
    case "number":
      return constantOf(scalar.operand);
    case "negate":
      return mapConstant(scalar.operand, (value) => -value);
    case "complement":
      return mapConstant(scalar.operand, (value) => ~value);
    case "not":
      return mapConstant(scalar.operand, (value) => (value === 0n ? 1n : 0n));
    case "extend":
      return mapConstant(scalar.operand, (value) => evaluateExtend(scalar.bits, scalar.signed, value));
    case "swap":
      return mapConstant(scalar.operand, (value) => evaluateSwap(scalar.bits, value));
    case "binary": {
      const left = constantOf(scalar.left);
      const right = constantOf(scalar.right);
      return left === undefined || right === undefined
        ? undefined
        : pattern(evaluateBinary(scalar.operator, scalar.signed, left, right));
    }
    case "and":
    case "or":
      return constantOfLogic(scalar.op, constantOf(scalar.left), constantOf(scalar.right));
    case "conditional": {
      const test = constantOf(scalar.test);
      if (test === undefined) return undefined;
      return constantOf(test === 0n ? scalar.otherwise : scalar.then);
    }
    default:
      return undefined;
  }
}

function mapConstant(scalar: Scalar, operation: (value: bigint) => bigint): bigint | undefined {
  const value = constantOf(scalar);
  return value === undefined ? undefined : pattern(operation(value));
}

/**
 * Returns the value of `and` or `or`. If one operand decides, the other is not evaluated, so a
 * fault there cannot happen.
 */
function constantOfLogic(op: "and" | "or", left: bigint | undefined, right: bigint | undefined): bigint | undefined {
  const deciding = op === "or";
  if (left === undefined) return undefined;
  return (left !== 0n) === deciding ? (deciding ? 1n : 0n) : right;
}
