import type { CheckedProgram } from "../check/checked-program.ts";
import { MARK_BYTES } from "../check/marked-text.ts";
import type { Bytes } from "../check/typed-expression.ts";
import { alignToWord } from "./stack-frame.ts";

/**
 * Returns the size to which strings are padded with zeros before an aggregate hashes them, in whole
 * words; 0 if it hashes none. The size is the same in all programs of a rule: otherwise a value
 * with less room at one probe would have two hashes.
 */
export function hashedBytes({ programs }: CheckedProgram, aggregate: number): number {
  const steps = programs.flatMap((program) => program.steps);
  const updates = steps.flatMap((step) => (step.do === "aggregate" ? step.updates : []));
  const lengths = updates.flatMap(({ bytes, ...update }) =>
    update.aggregate === aggregate && bytes ? roomOf(bytes) : [],
  );
  return Math.max(0, ...lengths);
}

/**
 * Returns the room of a value. Any byte of a buffer may be its last one, so the word with its
 * length comes after all of them.
 */
function roomOf(bytes: Bytes): number {
  if (bytes.op === "choose") return Math.max(roomOf(bytes.then), roomOf(bytes.otherwise));
  return alignToWord(bytes.bytes) + (bytes.op === "memory" && bytes.holdsLength ? MARK_BYTES : 0);
}
