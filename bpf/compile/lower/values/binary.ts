import type { Scalar, ScalarOperator } from "../../../check/typed-expression.ts";
import { alu, immediate, jump, move, negate } from "../../instruction.ts";
import type { AluOperator, Operand, Register } from "../../instruction.ts";
import type { Lowering } from "../lowering.ts";
import { lowerOperand, lowerScalar } from "../values.ts";

type Binary = Extract<Scalar, { readonly op: "binary" }>;

/** Operators that one instruction computes with the meaning of the language. */
const SIMPLE: Partial<Record<ScalarOperator, AluOperator>> = {
  "+": "+",
  "-": "-",
  "*": "*",
  "&": "&",
  "|": "|",
  "^": "^",
};

/** Lowers arithmetic, bit operations and shifts; comparisons are conditions. */
export function lowerBinary(lowering: Lowering, scalar: Binary): Register {
  const { emitter } = lowering;
  const { operator, signed } = scalar;
  const left = lowerScalar(lowering, scalar.left);
  const right = lowerOperand(lowering, scalar.right);
  if (operator === "<<" || operator === ">>") return shift(lowering, operator, signed, left, right);
  if (operator === "/" || operator === "%") return divide(lowering, operator, signed, left, right);
  const instruction = SIMPLE[operator];
  if (instruction === undefined) throw new Error(`operator ${operator} is a condition`);
  const value = emitter.copy(left);
  emitter.emit(alu(value, instruction, right));
  return value;
}

/**
 * Lowers a shift. The count is taken modulo 64: the machines do so too, but the instruction set
 * leaves greater counts undefined.
 */
function shift(lowering: Lowering, operator: "<<" | ">>", signed: boolean, left: Register, right: Operand): Register {
  const { emitter } = lowering;
  const shiftBy = typeof right === "number" ? emitter.copy(right) : immediate(right.immediate & 63);
  if (typeof shiftBy === "number") emitter.emit(alu(shiftBy, "&", immediate(63)));
  const value = emitter.copy(left);
  emitter.emit(alu(value, operator === ">>" && signed ? "s>>" : operator, shiftBy));
  return value;
}

function divide(lowering: Lowering, operator: "/" | "%", signed: boolean, left: Register, right: Operand): Register {
  if (typeof right !== "number" && right.immediate === 0) return lowering.emitter.copy(immediate(0));
  return signed ? divideSigned(lowering, operator, left, right) : divideUnsigned(lowering, operator, left, right);
}

/**
 * Divides without sign. BPF gives 0 for x / 0 as the language does, but x for x % 0, for which the
 * language has 0.
 */
function divideUnsigned(lowering: Lowering, operator: "/" | "%", left: Register, right: Operand): Register {
  const { emitter } = lowering;
  const value = emitter.copy(left);
  if (operator === "%" && typeof right === "number") clearWhereZero(lowering, right, value);
  // a negative immediate is extended to 64 bits as everywhere, so it stands for the large unsigned
  // number
  emitter.emit(alu(value, operator, right));
  return value;
}

/** Clears the dividend if the divisor is zero: 0 % 0 is 0 in BPF as well. */
function clearWhereZero({ emitter }: Lowering, divisor: Register, value: Register): void {
  const nonZero = emitter.label("nonzero");
  emitter.emit(jump(divisor, "!=", immediate(0), nonZero), move(value, immediate(0)));
  emitter.place(nonZero);
}

/**
 * Divides with sign, truncating. Only a constant divisor other than -1 uses the instruction: the
 * least integer divided by -1 traps on x86 kernels before 6.12 (commit 7dd34d7b7dcf). Otherwise the
 * magnitudes are divided, then the result gets its sign. A quotient is negative if the signs
 * differ, a remainder if the dividend is negative.
 */
function divideSigned(lowering: Lowering, operator: "/" | "%", left: Register, right: Operand): Register {
  const { emitter, kernel } = lowering;
  if (typeof right !== "number" && right.immediate !== -1 && kernel.has("signed_division")) {
    const value = emitter.copy(left);
    emitter.emit(alu(value, operator === "/" ? "s/" : "s%", right));
    return value;
  }
  const divisor = emitter.copy(right);
  const sign = emitter.copy(left);
  if (operator === "/") emitter.emit(alu(sign, "^", divisor));
  makePositive(lowering, divisor);
  const dividend = emitter.copy(left);
  makePositive(lowering, dividend);
  const value = divideUnsigned(lowering, operator, dividend, divisor);
  negateWhere(lowering, sign, value);
  return value;
}

const makePositive = (lowering: Lowering, value: Register): void => {
  negateWhere(lowering, value, value);
};

function negateWhere({ emitter }: Lowering, sign: Register, value: Register): void {
  const positive = emitter.label("positive");
  emitter.emit(jump(sign, "s>=", immediate(0), positive), negate(value));
  emitter.place(positive);
}
