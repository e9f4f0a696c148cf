import { immediate, jump, move } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import type { Lowering } from "../lowering.ts";

/**
 * Puts the lesser of a length and the room into a register for a helper, bounded where a verifier
 * cannot forget the bound.
 */
export const atMost =
  ({ emitter }: Pick<Lowering, "emitter">, length: Register, room: number) =>
  (target: Register): void => {
    const fits = emitter.label("fits");
    emitter.emit(move(target, length), jump(target, "<=", immediate(room), fits), move(target, immediate(room)));
    emitter.place(fits);
  };
