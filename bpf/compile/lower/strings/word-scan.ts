import { alu, immediate, negate } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import type { Lowering } from "../lowering.ts";

/** Bytes of a string that are looked at at once. */
export const WORD = 8;
/** Of each byte the lowest, and the highest bit. */
export const [LOW_BITS, HIGH_BITS] = [0x0101_0101_0101_0101n, 0x8080_8080_8080_8080n];

/** The highest bit of each byte that is 0; of those behind the first one it may be wrong. */
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

/** All bits of the bytes up to the first NUL, with it unless they are only to begin alike; all bits where there is none. */
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
