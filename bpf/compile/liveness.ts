import { labelIndexes, successors } from "./control-flow.ts";
import { HELPER_FUNCTIONS } from "./helper-function.ts";
import { FRAME, R0, R1, isVirtual } from "./instruction.ts";
import type { Instruction, Operand, Register } from "./instruction.ts";
import type { IrInstruction } from "./ir.ts";

const CALLER_SAVED: readonly Register[] = [0, 1, 2, 3, 4, 5];

/**
 * Returns the registers that an instruction reads, without the frame pointer, which is always
 * there.
 */
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
    case "call-own":
      return Array.from({ length: instruction.arguments }, (_, index) => R1 + index);
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

/** Returns the registers that an instruction changes. A call destroys r0 to r5. */
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
    case "call-own":
      return CALLER_SAVED;
    default:
      return [];
  }
}

/** Returns the registers whose values are still needed after each instruction. */
export function liveAfter(program: readonly IrInstruction[]): readonly (readonly Register[])[] {
  const solution = solve(program);
  const after = new Uint32Array(solution.words);
  return solution.points.map(({ next }) => {
    joinBefore(solution, next, after);
    return registersOf(after);
  });
}

/**
 * Removes instructions that do nothing but compute values that nobody uses. Lowering computes some
 * values before it is known which of them are needed.
 */
export function removeUnused(program: readonly IrInstruction[]): readonly IrInstruction[] {
  const { points } = solve(program, onlyComputes);
  return program.filter((_, index) => points[index]?.isNeeded);
}

/** True if an instruction has no effect besides its result. */
const onlyComputes = (instruction: Instruction): boolean =>
  ["alu", "negate", "swap", "load", "wide", "map", "map-value"].includes(instruction.kind) &&
  writes(instruction).every(isVirtual);

interface Point {
  readonly next: readonly number[];
  readonly read: readonly Register[];
  readonly written: readonly Register[];
  /** false as long as its result is known to be live nowhere; then it reads nothing */
  isNeeded: boolean;
}

interface Solution {
  readonly points: readonly Point[];
  /** the registers that are live before each point: a set of bits in so many words for each */
  readonly before: Uint32Array;
  readonly words: number;
}

/**
 * Finds the live registers. It goes backwards until nothing changes, because of jumps back.
 *
 * @param isUseless true for an instruction that reads nothing unless its result is live
 */
function solve(program: readonly IrInstruction[], isUseless: (instruction: Instruction) => boolean = () => false) {
  const labels = labelIndexes(program);
  let greatest = 0;
  const points = program.map(({ instruction }, index): Point => {
    const [read, written] = [reads(instruction), writes(instruction)];
    greatest = Math.max(greatest, ...read, ...written);
    return { next: successors(program, labels, index), read, written, isNeeded: !isUseless(instruction) };
  });
  const words = (greatest >> 5) + 1;
  const solution: Solution = { points, before: new Uint32Array(points.length * words), words };
  const live = new Uint32Array(words);
  while (propagate(solution, live)) {
    // again, until a round changes nothing
  }
  return solution;
}

/**
 * Propagates liveness once. This is the innermost loop of compiling: plain loops over words, no new
 * objects.
 *
 * @param live room for one set
 */
function propagate(solution: Solution, live: Uint32Array): boolean {
  const { before, points, words } = solution;
  let changed = false;
  for (let index = points.length - 1; index >= 0; index--) {
    const point = points[index];
    if (point === undefined) continue;
    joinBefore(solution, point.next, live);
    for (const register of point.written) {
      const word = register >> 5;
      const bit = 1 << (register & 31);
      if (((live[word] ?? 0) & bit) !== 0) point.isNeeded = true;
      live[word] = (live[word] ?? 0) & ~bit;
    }
    if (point.isNeeded) {
      for (const register of point.read) live[register >> 5] = (live[register >> 5] ?? 0) | (1 << (register & 31));
    }
    const start = index * words;
    for (let word = 0; word < words; word++) {
      if (before[start + word] === live[word]) continue;
      before[start + word] = live[word] ?? 0;
      changed = true;
    }
  }
  return changed;
}

/** Puts the registers that are live before any of some points into `joined`. */
function joinBefore({ before, words }: Solution, indexes: readonly number[], joined: Uint32Array): void {
  const [first = 0, second = first] = indexes;
  for (let word = 0; word < words; word++) {
    joined[word] =
      indexes.length === 0 ? 0 : (before[first * words + word] ?? 0) | (before[second * words + word] ?? 0);
  }
}

function registersOf(set: Uint32Array): readonly Register[] {
  const registers: Register[] = [];
  for (let index = 0; index < set.length; index++) {
    for (let rest = set[index] ?? 0; rest !== 0; rest &= rest - 1) {
      registers.push(32 * index + 31 - Math.clz32(rest & -rest));
    }
  }
  return registers;
}
