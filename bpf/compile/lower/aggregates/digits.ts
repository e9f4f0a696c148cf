import { alu, immediate } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import type { Lowering } from "../lowering.ts";

/*
 * Numbers wider than 64 bits are kept in digits to the base of 2^32, each in 64 bits. However many
 * values are added within a tick, no digit wraps. Each is added atomically, even on kernels without
 * atomics that return the old value (5.12).
 */

const DIGIT_BITS = 32;

export function lowDigit({ emitter }: Lowering, value: Register): Register {
  const digit = emitter.copy(value);
  emitter.emit(alu(digit, "=", digit, DIGIT_BITS));
  return digit;
}

export function highDigit({ emitter }: Lowering, value: Register, signed: boolean): Register {
  const digit = emitter.copy(value);
  emitter.emit(alu(digit, signed ? "s>>" : ">>", immediate(DIGIT_BITS)));
  return digit;
}

/** The low 64 bits of a product. */
export function product({ emitter }: Lowering, a: Register, b: Register): Register {
  const result = emitter.copy(a);
  emitter.emit(alu(result, "*", b));
  return result;
}
