import { immediate, jump, move } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import type { Lowering } from "../lowering.ts";

/**
 * Puts min(length, room) into a helper's argument register. The bound is on the register itself, so
 * that the verifier keeps it.
 */
export const atMost =
  ({ emitter }: Pick<Lowering, "emitter">, length: Register, room: number) =>
  (target: Register): void => {
    const fits = emitter.label("fits");
    emitter.emit(move(target, length), jump(target, "<=", immediate(room), fits), move(target, immediate(room)));
    emitter.place(fits);
  };
