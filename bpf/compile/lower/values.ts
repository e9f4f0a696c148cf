import type { Scalar } from "../../check/typed-expression.ts";
import { constantOf } from "../fold.ts";
import { fitsImmediate, immediate } from "../instruction.ts";
import type { Label, Operand, Register } from "../instruction.ts";
import type { Lowering } from "./lowering.ts";

/*
 * Values hold values. These functions lead back in, so that each kind of value lowers those within
 * it without knowing the other kinds.
 */

/** Puts a scalar into a register. The caller must not change it: it may be shared. */
export const lowerScalar = (lowering: Lowering, scalar: Scalar): Register => lowering.values.scalar(lowering, scalar);

/**
 * Jumps to `target` if `test` is 0. The code that follows runs only if it is not, so values
 * computed on the way stay known.
 */
export const branchFalse = (lowering: Lowering, test: Scalar, target: Label): void => {
  lowering.values.branchFalse(lowering, test, target);
};

/** Returns a scalar as the right side of an operation: a constant of 32 bits needs no register. */
export function lowerOperand(lowering: Lowering, scalar: Scalar): Operand {
  const constant = constantOf(scalar);
  return constant !== undefined && fitsImmediate(constant)
    ? immediate(Number(BigInt.asIntN(64, constant)))
    : lowerScalar(lowering, scalar);
}
