import { labelIndexes, successors } from "./control-flow.ts";
import { HELPER_FUNCTIONS } from "./helper-function.ts";
import { FRAME, R0, R1, R5 } from "./instruction.ts";
import type { Instruction, Operand, Register } from "./instruction.ts";
import type { IrInstruction } from "./ir.ts";

const CALLER_SAVED: readonly Register[] = [0, 1, 2, 3, 4, 5];

/** Registers that an instruction reads; the frame pointer, which is always there, is left out. */
export function reads(instruction: Instruction): readonly Register[] {
  return readsWithFrame(instruction).filter((register) => register !== FRAME);
}

function readsWithFrame(instruction: Instruction): readonly Register[] {
  switch (instruction.kind) {
    case "alu":
      return instruction.operator === "="
        ? operandRegisters(instruction.source)
        : [instruction.target, ...operandRegisters(instruction.source)];
    case "negate":
    case "swap":
      return [instruction.target];
    case "load":
      return [instruction.base];
    case "store":
      return [instruction.base, ...operandRegisters(instruction.source)];
    case "atomic":
      return instruction.operator === "compare-exchange"
        ? [instruction.base, instruction.source, R0]
        : [instruction.base, instruction.source];
    case "call":
      return Array.from({ length: HELPER_FUNCTIONS[instruction.helper].arguments }, (_, index) => R1 + index);
    case "jump":
      return [instruction.left, ...operandRegisters(instruction.right)];
    case "exit":
      return [R0];
    case "wide":
    case "map":
    case "map-value":
    case "goto":
    case "label":
      return [];
  }
}

const operandRegisters = (operand: Operand): readonly Register[] => (typeof operand === "number" ? [operand] : []);

/** Registers that an instruction changes; a call destroys r0 to r5. */
export function writes(instruction: Instruction): readonly Register[] {
  switch (instruction.kind) {
    case "alu":
    case "negate":
    case "swap":
    case "load":
    case "wide":
    case "map":
    case "map-value":
      return [instruction.target];
    case "atomic":
      return { add: [], exchange: [instruction.source], "compare-exchange": [R0] }[instruction.operator];
    case "call":
      return CALLER_SAVED;
    default:
      return [];
  }
}

/** The registers whose values are still needed after each instruction; backwards until nothing changes (back jumps). */
export function liveAfter(program: readonly IrInstruction[]): readonly ReadonlySet<Register>[] {
  const labels = labelIndexes(program);
  const before: Set<Register>[] = program.map(() => new Set());
  const after: Set<Register>[] = program.map(() => new Set());
  for (let changed = true; changed;) {
    changed = false;
    for (let index = program.length - 1; index >= 0; index--) {
      const out = after[index] ?? new Set();
      for (const next of successors(program, labels, index)) {
        for (const register of before[next] ?? []) out.add(register);
      }
      changed = update(before[index] ?? new Set(), out, program[index]) || changed;
    }
  }
  return after;
}

function update(into: Set<Register>, out: ReadonlySet<Register>, entry: IrInstruction | undefined): boolean {
  if (entry === undefined) return false;
  const sizeBefore = into.size;
  const written = writes(entry.instruction);
  for (const register of out) if (!written.includes(register)) into.add(register);
  for (const register of reads(entry.instruction)) into.add(register);
  return into.size !== sizeBefore;
}

export const isCallerSaved = (register: Register): boolean => register <= R5;
