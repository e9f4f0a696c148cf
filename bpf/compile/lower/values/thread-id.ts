import { alu, immediate, jump, move } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import { helperResult } from "./helper-result.ts";
import type { Lowering } from "../lowering.ts";

/** Set in the ids of idle threads, and in no other thread's id. */
const IDLE = -(2 ** 31);

/**
 * Returns the key of the running thread in a hash, in the low 32 bits: its id. The idle threads of
 * all CPUs have the id 0, and interrupts run in them, so their key is their CPU.
 */
export function threadId(lowering: Lowering): Register {
  const { cache, emitter } = lowering;
  return cache.get("thread_id", () => {
    const id = emitter.copy(helperResult(lowering, "pid_tgid"));
    const named = emitter.label("thread_named");
    emitter.emit(alu(id, "=", id, 32), jump(id, "!=", immediate(0), named));
    emitter.emit(move(id, emitter.callFor("get_smp_processor_id")), alu(id, "|", immediate(IDLE)));
    emitter.place(named);
    return id;
  });
}
