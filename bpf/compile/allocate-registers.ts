import { FIRST_VIRTUAL, FRAME, isVirtual, load, store } from "./instruction.ts";
import type { Instruction, Register } from "./instruction.ts";
import { buildInterference } from "./interference.ts";
import type { Interference } from "./interference.ts";
import type { IrInstruction } from "./ir.ts";
import { reads, writes } from "./liveness.ts";
import { mapRegisters } from "./rewrite-registers.ts";
import type { StackFrame } from "./stack-frame.ts";

/** r0 to r9, those that calls destroy first: they cost the kernel's JIT no push and pop. */
const MACHINE_REGISTERS: readonly Register[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/**
 * Gives every virtual register a machine register, by colouring the interference graph (Chaitin, Briggs): registers with few neighbours
 * are set aside, the rest cheapest to spill first, and coloured in reverse. A value live across a call interferes with r0 to r5, so it lands
 * in r6 to r9; what finds no colour lives in the stack frame, is loaded before each use and stored after each change, and the
 * colouring starts anew. Copies between registers of one colour vanish.
 */
export function allocateRegisters(program: readonly IrInstruction[], frame: StackFrame): readonly IrInstruction[] {
  let current = program;
  let next = nextRegister(program);
  const pinned = new Set<Register>();
  const slots = new SpillSlots(frame);
  for (;;) {
    const graph = buildInterference(current);
    const { colours, spilled } = colour(graph, pinned);
    if (spilled.size === 0) return applyColours(current, colours);
    // spilling adds no neighbours to what is left, so who were neighbours at first are all that there are
    slots.neighboursOf(graph);
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

/** Places in the stack frame for values that found no register; values that are never needed at the same time share one. */
class SpillSlots {
  readonly #frame: StackFrame;
  readonly #residents = new Map<number, Register[]>();
  #neighbours: Interference["neighbours"] | undefined;

  constructor(frame: StackFrame) {
    this.#frame = frame;
  }

  /** The graph before anything was spilled: the first one counts. */
  neighboursOf(graph: Interference): void {
    this.#neighbours ??= graph.neighbours;
  }

  of(register: Register): number {
    const neighbours = this.#neighbours?.get(register);
    for (const [slot, residents] of this.#residents) {
      if (residents.some((resident) => neighbours?.has(resident))) continue;
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

interface Colouring {
  readonly colours: ReadonlyMap<Register, Register>;
  /** registers that must live in memory before all can be coloured */
  readonly spilled: ReadonlySet<Register>;
}

function colour(graph: Interference, pinned: ReadonlySet<Register>): Colouring {
  const colours = new Map<Register, Register>();
  const spilled = new Set<Register>();
  for (const register of colouringOrder(graph, pinned)) {
    const taken = new Set<Register>();
    for (const neighbour of graph.neighbours.get(register) ?? []) taken.add(colours.get(neighbour) ?? neighbour);
    const free = MACHINE_REGISTERS.filter((machine) => !taken.has(machine));
    const wished = [...(graph.copies.get(register) ?? [])].map((other) => colours.get(other) ?? other);
    const chosen = wished.find((machine) => free.includes(machine)) ?? free[0];
    if (chosen === undefined) spilled.add(cheapest(graph, register, pinned));
    else colours.set(register, chosen);
  }
  return { colours, spilled };
}

/** Registers in the order in which to colour them: the hardest last set aside, so first coloured. */
function colouringOrder(graph: Interference, pinned: ReadonlySet<Register>): readonly Register[] {
  const remaining = new Map<Register, number>();
  for (const [register, neighbours] of graph.neighbours) remaining.set(register, neighbours.size);
  const order: Register[] = [];
  while (remaining.size > 0) {
    const register = pick(graph, remaining, pinned);
    remaining.delete(register);
    order.push(register);
    for (const neighbour of graph.neighbours.get(register) ?? []) {
      const degree = remaining.get(neighbour);
      if (degree !== undefined) remaining.set(neighbour, degree - 1);
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

/** The register to put into memory so that `stuck` finds a colour: itself, or where it is a spill's own copy, a neighbour. */
function cheapest(graph: Interference, stuck: Register, pinned: ReadonlySet<Register>): Register {
  const candidates = [stuck, ...(graph.neighbours.get(stuck) ?? [])].filter(
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

function applyColours(
  program: readonly IrInstruction[],
  colours: ReadonlyMap<Register, Register>,
): readonly IrInstruction[] {
  return program.flatMap((entry) => {
    const instruction = mapRegisters(entry.instruction, (register) => colours.get(register) ?? register);
    return isEmptyCopy(instruction) ? [] : [{ ...entry, instruction }];
  });
}

const isEmptyCopy = (instruction: Instruction): boolean =>
  instruction.kind === "alu" &&
  instruction.operator === "=" &&
  instruction.bits === 64 &&
  instruction.source === instruction.target;
