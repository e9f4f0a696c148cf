import { labelIndexes, successors } from "./control-flow.ts";
import { HELPER_FUNCTIONS } from "./helper-function.ts";
import { FRAME, R0, R1 } from "./instruction.ts";
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

/**
 * Returns the registers whose values are still needed after each instruction. It goes backwards
 * until nothing changes, because of jumps back.
 */
export function liveAfter(program: readonly IrInstruction[]): readonly (readonly Register[])[] {
  const labels = labelIndexes(program);
  const touched = program.map(({ instruction }) => ({ read: reads(instruction), written: writes(instruction) }));
  const greatest = touched.reduce((most, { read, written }) => Math.max(most, ...read, ...written), 0);
  const words = (greatest >> 5) + 1;
  const points = touched.map(({ read, written }, index): Point => {
    const next = successors(program, labels, index);
    return { next, read: setOf(read, words), written: setOf(written, words), before: setOf([], words) };
  });
  while (propagate(points)) {
    // again, until a round changes nothing
  }
  return points.map(({ next }) => registersOf(liveAtAny(points, next, words)));
}

/**
 * An instruction, and the registers that are live before it, as sets of bits with 32 registers in a
 * word.
 */
interface Point {
  readonly next: readonly number[];
  readonly read: Uint32Array;
  readonly written: Uint32Array;
  readonly before: Uint32Array;
}

const setOf = (registers: readonly Register[], words: number): Uint32Array => {
  const set = new Uint32Array(words);
  for (const register of registers) set[register >> 5] = (set[register >> 5] ?? 0) | (1 << (register & 31));
  return set;
};

/**
 * Propagates liveness once. This is the innermost loop of compiling: plain loops over words, no new
 * objects.
 */
function propagate(points: readonly Point[]): boolean {
  let changed = false;
  for (let index = points.length - 1; index >= 0; index--) {
    const point = points[index];
    if (point === undefined) continue;
    const { before, next, read, written } = point;
    for (let word = 0; word < before.length; word++) {
      let after = 0;
      for (const each of next) after |= points[each]?.before[word] ?? 0;
      const old = before[word] ?? 0;
      const live = ((after & ~(written[word] ?? 0)) | (read[word] ?? 0) | old) >>> 0;
      if (live === old) continue;
      before[word] = live;
      changed = true;
    }
  }
  return changed;
}

function liveAtAny(points: readonly Point[], indexes: readonly number[], words: number): Uint32Array {
  const set = new Uint32Array(words);
  for (const index of indexes) points[index]?.before.forEach((bits, word) => (set[word] = (set[word] ?? 0) | bits));
  return set;
}

function registersOf(set: Uint32Array): readonly Register[] {
  const registers: Register[] = [];
  set.forEach((word, index) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) registers.push(32 * index + 31 - Math.clz32(rest & -rest));
  });
  return registers;
}
