import type { CheckedProgram } from "../check/checked-program.ts";
import { MARK_BYTES } from "../check/marked-text.ts";
import type { Bytes } from "../check/typed-expression.ts";
import { alignToWord } from "./stack-frame.ts";

/**
 * What strings are filled up to with zeros before an aggregate hashes them, in whole words; 0 where it hashes none. The same in all programs
 * of a rule: a value that has less room at one probe than at another would be two.
 */
export function hashedBytes({ programs }: CheckedProgram, aggregate: number): number {
  const steps = programs.flatMap((program) => program.steps);
  const updates = steps.flatMap((step) => (step.do === "aggregate" ? step.updates : []));
  const lengths = updates.flatMap(({ bytes, ...update }) =>
    update.aggregate === aggregate && bytes ? roomOf(bytes) : [],
  );
  return Math.max(0, ...lengths);
}

/** Any byte of a buffer may be its last one, so the word that tells how long it was stands behind them all. */
function roomOf(bytes: Bytes): number {
  if (bytes.op === "choose") return Math.max(roomOf(bytes.then), roomOf(bytes.otherwise));
  return alignToWord(bytes.bytes) + (bytes.op === "memory" && bytes.tellsLength ? MARK_BYTES : 0);
}
