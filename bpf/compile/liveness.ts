import { labelIndexes, successors } from "./control-flow.ts";
import { HELPER_FUNCTIONS } from "./helper-function.ts";
import { FRAME, R0, R1 } from "./instruction.ts";
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
export function liveAfter(program: readonly IrInstruction[]): readonly (readonly Register[])[] {
  const labels = labelIndexes(program);
  const points = program.map(({ instruction }, index): Point => {
    const next = successors(program, labels, index);
    return { next, reads: reads(instruction), writes: writes(instruction), before: [], after: [] };
  });
  while (propagate(points)) {
    // again, until a round changes nothing
  }
  return points.map(({ after }) => registersOf(after));
}

/** An instruction and what is live around it, as sets of bits: 32 registers a word. */
interface Point {
  readonly next: readonly number[];
  readonly reads: readonly Register[];
  readonly writes: readonly Register[];
  readonly before: number[];
  readonly after: number[];
}

function propagate(points: readonly Point[]): boolean {
  let changed = false;
  for (let index = points.length - 1; index >= 0; index--) {
    const point = points[index];
    if (point === undefined) continue;
    for (const next of point.next) include(point.after, points[next]?.before ?? []);
    const before = point.after.slice();
    for (const register of point.writes) before[register >> 5] = (before[register >> 5] ?? 0) & ~(1 << (register & 31));
    for (const register of point.reads) include(before, bit(register));
    changed = include(point.before, before) || changed;
  }
  return changed;
}

const bit = (register: Register): readonly number[] => {
  const words: number[] = Array.from({ length: (register >> 5) + 1 }, () => 0);
  words[register >> 5] = 1 << (register & 31);
  return words;
};

/** Adds the bits of `other` to `set`, and says whether any was new. */
function include(set: number[], other: readonly number[]): boolean {
  let grew = false;
  other.forEach((word, index) => {
    const old = set[index] ?? 0;
    grew = grew || (word & ~old) !== 0;
    set[index] = old | word;
  });
  return grew;
}

function registersOf(set: readonly number[]): readonly Register[] {
  const registers: Register[] = [];
  set.forEach((word, index) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) registers.push(32 * index + 31 - Math.clz32(rest & -rest));
  });
  return registers;
}
