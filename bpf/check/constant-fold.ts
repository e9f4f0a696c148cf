import type { Scalar, ScalarOperator } from "./typed-expression.ts";

/** Reads a 64-bit register as signed: the form in which constants are kept. */
export function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/**
 * Evaluates a binary operator as the kernel does: the single definition of its meaning. Operands
 * and result are 64-bit registers; any bigint that is equal modulo 2^64 stands for one. Arithmetic
 * wraps. x / 0 and x % 0 are 0. Shifts mask their count to 63. Signed division truncates. `>>`
 * copies the sign bit if `signed`. Comparisons give 0 or 1. The result is in `wrap` form.
 */
export function evaluateBinary(operator: ScalarOperator, signed: boolean, left: bigint, right: bigint): bigint {
  const a = signed ? BigInt.asIntN(64, left) : BigInt.asUintN(64, left);
  const b = signed ? BigInt.asIntN(64, right) : BigInt.asUintN(64, right);
  return wrap(OPERATIONS[operator](a, b));
}

const OPERATIONS: Readonly<Record<ScalarOperator, (a: bigint, b: bigint) => bigint>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => (b === 0n ? 0n : a / b),
  "%": (a, b) => (b === 0n ? 0n : a % b),
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "<<": (a, b) => a << (b & 63n),
  ">>": (a, b) => a >> (b & 63n),
  "==": (a, b) => truth(a === b),
  "!=": (a, b) => truth(a !== b),
  "<": (a, b) => truth(a < b),
  "<=": (a, b) => truth(a <= b),
  ">": (a, b) => truth(a > b),
  ">=": (a, b) => truth(a >= b),
};

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}

/** Truncates a value to `bits` and extends it again. */
export function evaluateExtend(bits: 8 | 16 | 32, signed: boolean, value: bigint): bigint {
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** Reverses the bytes of the low `bits`. The other bits become 0. */
export function evaluateSwap(bits: 16 | 32 | 64, value: bigint): bigint {
  let rest = BigInt.asUintN(bits, value);
  let swapped = 0n;
  for (let byte = 0; byte < bits / 8; byte++) {
    swapped = (swapped << 8n) | (rest & 0xffn);
    rest >>= 8n;
  }
  return wrap(swapped);
}

export function constant(value: bigint): Scalar {
  return { op: "constant", value: wrap(value) };
}

export function binary(operator: ScalarOperator, signed: boolean, left: Scalar, right: Scalar): Scalar {
  if (left.op === "constant" && right.op === "constant") {
    return constant(evaluateBinary(operator, signed, left.value, right.value));
  }
  if (!signed && right.op === "constant" && right.value === 0n) {
    if (operator === "<") return constant(0n);
    if (operator === ">=") return constant(1n);
  }
  return isNeutral(operator, right) ? left : { op: "binary", operator, signed, left, right };
}

/** x + 0, x - 0, x | 0, x ^ 0, x << 0, x >> 0, x * 1, x / 1 */
function isNeutral(operator: ScalarOperator, right: Scalar): boolean {
  if (right.op !== "constant") return false;
  if (right.value === 0n) return ["+", "-", "|", "^", "<<", ">>"].includes(operator);
  return right.value === 1n && (operator === "*" || operator === "/");
}

export function unary(op: "negate" | "complement" | "not", operand: Scalar): Scalar {
  if (operand.op !== "constant") return { op, operand };
  if (op === "negate") return constant(-operand.value);
  return constant(op === "complement" ? ~operand.value : truth(operand.value === 0n));
}

/**
 * Folds `and` and `or` of operands that are 0 or 1. A constant operand decides the result or is
 * dropped.
 */
export function logical(op: "and" | "or", left: Scalar, right: Scalar): Scalar {
  const decides = op === "and" ? 0n : 1n;
  if (left.op === "constant") return left.value === decides ? left : right;
  if (right.op === "constant" && right.value !== decides) return left;
  return right.op === "constant" ? right : { op, left, right };
}

export function conditional(test: Scalar, then: Scalar, otherwise: Scalar): Scalar {
  if (test.op === "constant") return test.value === 0n ? otherwise : then;
  return { op: "conditional", test, then, otherwise };
}

export function extend(bits: 8 | 16 | 32 | 64, signed: boolean, operand: Scalar): Scalar {
  if (bits === 64) return operand;
  if (operand.op === "constant") return constant(evaluateExtend(bits, signed, operand.value));
  const again = operand.op === "extend" && operand.bits === bits && operand.signed === signed;
  return again ? operand : { op: "extend", bits, signed, operand };
}

export function swap(bits: 16 | 32 | 64, operand: Scalar): Scalar {
  return operand.op === "constant" ? constant(evaluateSwap(bits, operand.value)) : { op: "swap", bits, operand };
}

/** Returns the address `offset` bytes after another. */
export function addOffset(base: Scalar, offset: number): Scalar {
  if (base.op === "context-address") return { op: "context-address", offset: base.offset + offset };
  return binary("+", false, base, constant(BigInt(offset)));
}
