import { alu, immediate } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import { UNREADABLE_COLUMNS } from "../object-spec.ts";
import type { Lowering } from "./lowering.ts";

/*
 * Values that could not be read, in one word: a bit for each column, the highest one for the
 * filter.
 */

export const failureBit = (column: number): number => Math.min(column, UNREADABLE_COLUMNS - 1);

/** Returns the word with the bit of the filter. */
export function unknownFilter({ emitter, unreadable }: Lowering): Register {
  const word = emitter.copy(unreadable === undefined ? immediate(0) : unreadable.unknown);
  emitter.emit(alu(word, "<<", immediate(63)));
  return word;
}

/** Returns 1 if the bit of a column is set. */
export function takeFailure({ emitter }: Lowering, word: Register, column: number): Register {
  const failed = emitter.copy(word);
  emitter.emit(alu(failed, ">>", immediate(failureBit(column))), alu(failed, "&", immediate(1)));
  return failed;
}

/** Sets the bit of a column if it failed; `failed` is 0 or 1. */
export function addFailure({ emitter }: Lowering, word: Register, failed: Register, column: number): void {
  const bit = emitter.copy(failed);
  emitter.emit(alu(bit, "<<", immediate(failureBit(column))), alu(word, "|", bit));
}
