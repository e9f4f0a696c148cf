import type { Label } from "./instruction.ts";
import type { IrInstruction } from "./ir.ts";

/** Returns the indexes of the instructions that can run after the one at `index`. */
export function successors(
  program: readonly IrInstruction[],
  labels: ReadonlyMap<Label, number>,
  index: number,
): number[] {
  const instruction = program[index]?.instruction;
  if (instruction === undefined || instruction.kind === "exit") return [];
  if (instruction.kind === "goto") return [labelIndex(labels, instruction.to)];
  if (instruction.kind === "jump") return [index + 1, labelIndex(labels, instruction.to)];
  return [index + 1];
}

export function labelIndexes(program: readonly IrInstruction[]): ReadonlyMap<Label, number> {
  const labels = new Map<Label, number>();
  program.forEach(({ instruction }, index) => {
    if (instruction.kind === "label") labels.set(instruction.label, index);
  });
  return labels;
}

export function labelIndex(labels: ReadonlyMap<Label, number>, label: Label): number {
  const index = labels.get(label);
  if (index === undefined) throw new Error(`label ${label} is not placed`);
  return index;
}

/**
 * Removes unreachable instructions, which the verifier rejects, then jumps to the next instruction,
 * and labels that are not targets.
 */
export function removeUnreachable(program: readonly IrInstruction[]): readonly IrInstruction[] {
  const labels = labelIndexes(program);
  const reached = new Set<number>();
  const pending = [0];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    pending.push(...successors(program, labels, index));
  }
  const kept = program.filter((_, index) => reached.has(index));
  return removeUnusedLabels(removeEmptyJumps(kept));
}

function removeEmptyJumps(program: readonly IrInstruction[]): readonly IrInstruction[] {
  return program.filter(({ instruction }, index) => {
    if (instruction.kind !== "goto" && instruction.kind !== "jump") return true;
    for (let next = index + 1; next < program.length; next++) {
      const following = program[next]?.instruction;
      if (following?.kind !== "label") return true;
      if (following.label === instruction.to) return false;
    }
    return true;
  });
}

function removeUnusedLabels(program: readonly IrInstruction[]): readonly IrInstruction[] {
  const used = new Set<Label>();
  for (const { instruction } of program) {
    if (instruction.kind === "goto" || instruction.kind === "jump") used.add(instruction.to);
  }
  return program.filter(({ instruction }) => instruction.kind !== "label" || used.has(instruction.label));
}
