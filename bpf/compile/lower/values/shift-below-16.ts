import { alu, immediate, jump } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import type { Emitter } from "../../ir.ts";

const STEPS = [32, 16, 8, 4, 2, 1] as const;

/**
 * Shifts a number right until it is below 16, and returns by how many bits. A number of 8 or more
 * stays 8 or more. The machine has no instruction that counts leading zeros, so this halves the
 * range six times. The upper halves are rarely taken, and predicted.
 */
export function shiftBelow16(emitter: Emitter, number: Register): Register {
  const shift = emitter.constant(0n);
  for (const step of STEPS) {
    const small = emitter.label("small");
    // 2^35 does not fit into an immediate
    if (step === 32) {
      const upper = emitter.copy(number);
      emitter.emit(alu(upper, ">>", immediate(step + 3)), jump(upper, "==", immediate(0), small));
    } else emitter.emit(jump(number, "<", immediate(1 << (step + 3)), small));
    emitter.emit(alu(number, ">>", immediate(step)), alu(shift, "+", immediate(step)));
    emitter.place(small);
  }
  return shift;
}
