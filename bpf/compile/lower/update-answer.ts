import { R0, alu, immediate, move } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import type { Lowering } from "./lowering.ts";

/** Results of bpf_map_update_elem (include/uapi/asm-generic/errno-base.h). */
export const EEXIST = -17;
/** Another program uses the map (before 6.15), or the kernel does not say why it refused. */
export const EBUSY = -16;
/** A hash is full (__htab_map_update_elem and alloc_htab_elem in kernel/bpf/hashtab.c). */
export const E2BIG = -7;

/**
 * Puts the result of bpf_map_update_elem into a register, as a signed number. Verifiers make a
 * program call the map's own function, which before 6.4 returned 32 bits and left the others
 * unchanged (d7ba4cc900bf "bpf: return long from bpf_map_ops funcs").
 */
export function keepAnswer({ emitter }: Lowering, answer: Register): void {
  emitter.emit(move(answer, R0), alu(answer, "<<", immediate(32)), alu(answer, "s>>", immediate(32)));
}
