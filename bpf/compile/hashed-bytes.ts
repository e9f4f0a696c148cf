import type { CheckedProgram } from "../check/checked-program.ts";
import { alignToWord } from "./stack-frame.ts";

/**
 * What strings are filled up to with zeros before an aggregate hashes them, in whole words; 0 where it hashes none. The same in all programs
 * of a rule: a value that has less room at one probe than at another would be two.
 */
export function hashedBytes({ programs }: CheckedProgram, aggregate: number): number {
  const steps = programs.flatMap((program) => program.steps);
  const updates = steps.flatMap((step) => (step.do === "aggregate" ? step.updates : []));
  const lengths = updates.flatMap((update) => (update.aggregate === aggregate ? (update.bytes?.bytes ?? []) : []));
  return alignToWord(Math.max(0, ...lengths));
}
