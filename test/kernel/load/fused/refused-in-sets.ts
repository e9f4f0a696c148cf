import { move, type Instruction } from "../../../../bpf/compile/instruction.ts";
import type { ObjectSpec } from "../../../../bpf/compile/object-spec.ts";

/** Makes the program of a rule one that no verifier accepts, but only beside others. */
export function refusedInSets(object: ObjectSpec): ObjectSpec {
  const unset = 7;
  const code: readonly Instruction[] = [move(6, unset), move(0, { immediate: 0 }), { kind: "exit" }];
  const part = { machine: code.map((instruction) => ({ instruction, cold: false })), functions: [] };
  return { ...object, programs: object.programs.map((program) => ({ ...program, part })) };
}
