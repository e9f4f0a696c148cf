import type { ScalarOperator } from "../check/typed-expression.ts";

const SHIFT_MASK = 63n;

/**
 * What an operator of the language means on 64-bit values, on every kernel: results wrap; x / 0 and x % 0 are 0; shift counts
 * are taken modulo 64; signed division truncates towards zero; comparisons give 0 or 1. Operands and result are u64 patterns.
 */
export function evaluate(operator: ScalarOperator, signed: boolean, left: bigint, right: bigint): bigint {
  const view = signed ? (value: bigint) => BigInt.asIntN(64, value) : (value: bigint) => BigInt.asUintN(64, value);
  return BigInt.asUintN(64, OPERATIONS[operator](view(left), view(right)));
}

const OPERATIONS: Readonly<Record<ScalarOperator, (left: bigint, right: bigint) => bigint>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => (right === 0n ? 0n : left / right),
  "%": (left, right) => (right === 0n ? 0n : left % right),
  "&": (left, right) => left & right,
  "|": (left, right) => left | right,
  "^": (left, right) => left ^ right,
  "<<": (left, right) => left << (right & SHIFT_MASK),
  ">>": (left, right) => left >> (right & SHIFT_MASK),
  "==": (left, right) => truth(left === right),
  "!=": (left, right) => truth(left !== right),
  "<": (left, right) => truth(left < right),
  "<=": (left, right) => truth(left <= right),
  ">": (left, right) => truth(left > right),
  ">=": (left, right) => truth(left >= right),
};

const truth = (value: boolean): bigint => (value ? 1n : 0n);

/** Truncates to `bits`, then extends to 64; a u64 pattern. */
export const extend = (value: bigint, bits: number, signed: boolean): bigint =>
  BigInt.asUintN(64, signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));

/** Reverses the bytes of the low `bits`. */
export function swapBytes(value: bigint, bits: 16 | 32 | 64): bigint {
  let result = 0n;
  for (let shift = 0n; shift < BigInt(bits); shift += 8n) result = (result << 8n) | ((value >> shift) & 0xffn);
  return result;
}
