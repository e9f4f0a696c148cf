import { fitsImmediate, immediate } from "../../instruction.ts";
import type { Operand } from "../../instruction.ts";
import type { Emitter } from "../../ir.ts";

/** Returns a number as the right side of an operation: one of 32 bits needs no register. */
export const lowerConstant = (emitter: Emitter, value: bigint): Operand =>
  fitsImmediate(value) ? immediate(Number(BigInt.asIntN(64, value))) : emitter.constant(value);
