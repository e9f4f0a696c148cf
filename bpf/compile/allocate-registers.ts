import { FIRST_VIRTUAL, FRAME, isVirtual, load, store } from "./instruction.ts";
import type { Instruction, Register } from "./instruction.ts";
import { buildInterference } from "./interference.ts";
import type { Interference } from "./interference.ts";
import type { IrInstruction } from "./ir.ts";
import { reads, writes } from "./liveness.ts";
import { mapRegisters } from "./rewrite-registers.ts";
import type { StackFrame } from "./stack-frame.ts";

/**
 * r0 to r9. Registers that calls destroy come first: the kernel's JIT need not push and pop them.
 */
const MACHINE_REGISTERS: readonly Register[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/**
 * Gives every virtual register a machine register, by coloring the interference graph (Chaitin,
 * Briggs). Registers with few neighbors are set aside, then the rest, cheapest to spill first; they
 * are colored in reverse order. A value that is live across a call interferes with r0 to r5, so it
 * gets one of r6 to r9. A value without a color lives in the stack frame: it is loaded before each
 * use and stored after each change, and coloring starts again. Copies between registers of one
 * color disappear.
 */
export function allocateRegisters(program: readonly IrInstruction[], frame: StackFrame): readonly IrInstruction[] {
  let current = program;
  let next = nextRegister(program);
  const pinned = new Set<Register>();
  const slots = new SpillSlots(frame);
  for (;;) {
    const graph = buildInterference(current);
    const { colors, spilled } = color(graph, pinned);
    if (spilled.size === 0) return applyColors(current, colors);
    // spilling adds no neighbors to the remaining registers, so the first graph has them all
    slots.neighborsOf(graph);
    for (const register of spilled) {
      const slot = slots.of(register);
      current = current.flatMap((entry) => {
        const replacement = spillIn(entry, register, next, slot);
        if (replacement.length > 1) pinned.add(next++);
        return replacement;
      });
    }
  }
}

/**
 * Places in the stack frame for values without a register. Values that are never needed at the same
 * time share a place.
 */
class SpillSlots {
  readonly #frame: StackFrame;
  readonly #residents = new Map<number, Register[]>();
  #neighbors: Interference["neighbors"] | undefined;

  constructor(frame: StackFrame) {
    this.#frame = frame;
  }

  /** Keeps the first graph, from before anything was spilled. */
  neighborsOf(graph: Interference): void {
    this.#neighbors ??= graph.neighbors;
  }

  of(register: Register): number {
    const neighbors = this.#neighbors?.get(register);
    for (const [slot, residents] of this.#residents) {
      if (residents.some((resident) => neighbors?.has(resident))) continue;
      residents.push(register);
      return slot;
    }
    const slot = this.#frame.allocateFresh(8);
    this.#residents.set(slot, [register]);
    return slot;
  }
}

const nextRegister = (program: readonly IrInstruction[]): Register =>
  program.reduce(
    (greatest, { instruction }) => Math.max(greatest, ...reads(instruction), ...writes(instruction)),
    FIRST_VIRTUAL - 1,
  ) + 1;

interface Coloring {
  readonly colors: ReadonlyMap<Register, Register>;
  /** registers that must be spilled before all others can be colored */
  readonly spilled: ReadonlySet<Register>;
}

function color(graph: Interference, pinned: ReadonlySet<Register>): Coloring {
  const colors = new Map<Register, Register>();
  const spilled = new Set<Register>();
  for (const register of coloringOrder(graph, pinned)) {
    const taken = new Set<Register>();
    for (const neighbor of graph.neighbors.get(register) ?? []) taken.add(colors.get(neighbor) ?? neighbor);
    const free = MACHINE_REGISTERS.filter((machine) => !taken.has(machine));
    const wished = [...(graph.copies.get(register) ?? [])].map((other) => colors.get(other) ?? other);
    const chosen = wished.find((machine) => free.includes(machine)) ?? free[0];
    if (chosen === undefined) spilled.add(cheapest(graph, register, pinned));
    else colors.set(register, chosen);
  }
  return { colors, spilled };
}

/**
 * Returns the registers in coloring order. Those that were set aside last are the hardest, and are
 * colored first.
 */
function coloringOrder(graph: Interference, pinned: ReadonlySet<Register>): readonly Register[] {
  const remaining = new Map<Register, number>();
  for (const [register, neighbors] of graph.neighbors) remaining.set(register, neighbors.size);
  const order: Register[] = [];
  while (remaining.size > 0) {
    const register = pick(graph, remaining, pinned);
    remaining.delete(register);
    order.push(register);
    for (const neighbor of graph.neighbors.get(register) ?? []) {
      const degree = remaining.get(neighbor);
      if (degree !== undefined) remaining.set(neighbor, degree - 1);
    }
  }
  return order.toReversed();
}

function pick(graph: Interference, remaining: ReadonlyMap<Register, number>, pinned: ReadonlySet<Register>): Register {
  let best = -1;
  let bestCost = Infinity;
  for (const [register, degree] of remaining) {
    if (degree < MACHINE_REGISTERS.length) return register;
    const cost = spillCost(graph, register, pinned) / degree;
    if (best < 0 || cost < bestCost) [best, bestCost] = [register, cost];
  }
  return best;
}

const spillCost = (graph: Interference, register: Register, pinned: ReadonlySet<Register>): number =>
  pinned.has(register) ? Infinity : (graph.uses.get(register) ?? 0);

/**
 * Returns the register to spill so that `stuck` gets a color: `stuck` itself, or a neighbor if
 * `stuck` is a spill's own copy.
 */
function cheapest(graph: Interference, stuck: Register, pinned: ReadonlySet<Register>): Register {
  const candidates = [stuck, ...(graph.neighbors.get(stuck) ?? [])].filter(
    (register) => isVirtual(register) && !pinned.has(register),
  );
  const [first, ...others] = pinned.has(stuck) ? candidates : [stuck];
  if (first === undefined) throw new Error("an instruction needs more registers than the machine has");
  return others.reduce(
    (best, register) => (spillCost(graph, register, pinned) < spillCost(graph, best, pinned) ? register : best),
    first,
  );
}

function spillIn(entry: IrInstruction, spilled: Register, fresh: Register, slot: number): readonly IrInstruction[] {
  const read = reads(entry.instruction).includes(spilled);
  const written = writes(entry.instruction).includes(spilled);
  if (!read && !written) return [entry];
  const around = (instruction: Instruction): IrInstruction => ({ ...entry, instruction });
  return [
    ...(read ? [around(load(8, fresh, FRAME, slot))] : []),
    around(mapRegisters(entry.instruction, (register) => (register === spilled ? fresh : register))),
    ...(written ? [around(store(8, FRAME, slot, fresh))] : []),
  ];
}

function applyColors(
  program: readonly IrInstruction[],
  colors: ReadonlyMap<Register, Register>,
): readonly IrInstruction[] {
  return program.flatMap((entry) => {
    const instruction = mapRegisters(entry.instruction, (register) => colors.get(register) ?? register);
    return isEmptyCopy(instruction) ? [] : [{ ...entry, instruction }];
  });
}

const isEmptyCopy = (instruction: Instruction): boolean =>
  instruction.kind === "alu" &&
  instruction.operator === "=" &&
  instruction.bits === 64 &&
  instruction.source === instruction.target;
