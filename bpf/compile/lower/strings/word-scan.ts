import { alu, immediate, negate } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import type { Lowering } from "../lowering.ts";

/** Bytes of a string that are read at once. */
export const WORD = 8;
/** The lowest bit of each byte, and the highest. */
export const [LOW_BITS, HIGH_BITS] = [0x0101_0101_0101_0101n, 0x8080_8080_8080_8080n];

/** Returns the highest bit of each byte that is 0. After the first such byte it may be wrong. */
export function nulBytes(
  { emitter }: Lowering,
  word: Register,
  constants: { low: Register; high: Register },
): Register {
  const [nuls, others] = [emitter.copy(word), emitter.copy(word)];
  emitter.emit(alu(nuls, "-", constants.low), alu(others, "^", immediate(-1)));
  emitter.emit(alu(nuls, "&", others), alu(nuls, "&", constants.high));
  return nuls;
}

/**
 * Returns all bits of the bytes up to the first NUL, and all bits if there is none. The NUL is
 * included unless only the beginnings are compared.
 */
export function bytesUpToNul({ emitter }: Lowering, nuls: Register, prefix: boolean): Register {
  const first = emitter.copy(nuls);
  emitter.emit(negate(first), alu(first, "&", nuls));
  if (prefix) {
    emitter.emit(alu(first, ">>", immediate(7)), alu(first, "-", immediate(1)));
    return first;
  }
  const below = emitter.copy(first);
  emitter.emit(alu(below, "-", immediate(1)), alu(below, "|", first));
  return below;
}
