import { FRAME, alu, negate } from "../../instruction.ts";
import type { Operand, Register } from "../../instruction.ts";
import type { Lowering } from "../lowering.ts";

/**
 * Leaves a number as it is, but the verifier no longer knows on which way it has come: what it knows it would keep apart, and walk all that
 * follows once for each. The frame pointer negated is a number that it does not know.
 * @param mask of the bits that may be set, which it does know then
 */
export function forget({ emitter }: Lowering, value: Register, mask: Operand): void {
  const unknown = emitter.copy(FRAME);
  emitter.emit(negate(unknown), alu(value, "^", unknown), alu(value, "^", unknown), alu(value, "&", mask));
}
