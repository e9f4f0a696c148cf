import { FRAME, alu, negate } from "../../instruction.ts";
import type { Operand, Register } from "../../instruction.ts";
import type { Lowering } from "../lowering.ts";

/**
 * Leaves a number as it is, but makes the verifier forget on which way it has come. Otherwise the
 * verifier would distinguish the ways, and walk all that follows once for each. The negated frame
 * pointer is a number that it does not know.
 *
 * @param mask the bits that may be set, which it does know after this
 */
export function forget({ emitter }: Lowering, value: Register, mask: Operand): void {
  const unknown = emitter.copy(FRAME);
  emitter.emit(negate(unknown), alu(value, "^", unknown), alu(value, "^", unknown), alu(value, "&", mask));
}
