import { R0, alu, immediate, move } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import type { Lowering } from "./lowering.ts";

/** What bpf_map_update_elem answers (include/uapi/asm-generic/errno-base.h). */
export const EEXIST = -17;
/** Another program is at the map (before 6.15), or is said to be where the kernel does not say why it refused. */
export const EBUSY = -16;
/** A hash is full (__htab_map_update_elem and alloc_htab_elem in kernel/bpf/hashtab.c). */
export const E2BIG = -7;

/**
 * Puts the answer of bpf_map_update_elem into a register, as a number with its sign. Verifiers have a program call the map's own function,
 * which before 6.4 gave 32 bits and left the others as they were (d7ba4cc900bf "bpf: return long from bpf_map_ops funcs").
 */
export function keepAnswer({ emitter }: Lowering, answer: Register): void {
  emitter.emit(move(answer, R0), alu(answer, "<<", immediate(32)), alu(answer, "s>>", immediate(32)));
}
