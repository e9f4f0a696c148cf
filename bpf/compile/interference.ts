import { FRAME, isVirtual } from "./instruction.ts";
import type { Instruction, Register } from "./instruction.ts";
import type { IrInstruction } from "./ir.ts";
import { liveAfter, reads, writes } from "./liveness.ts";

/** A use in a cold block counts little compared with one on the path that every event takes. */
const COLD_WEIGHT = 0.05;

/** The virtual registers that must not share a machine register, and those that should. */
export interface Interference {
  /**
   * for each virtual register, the virtual and machine registers whose values are needed at the
   * same time
   */
  readonly neighbors: ReadonlyMap<Register, ReadonlySet<Register>>;
  /** for each virtual register, the other ends of its copies */
  readonly copies: ReadonlyMap<Register, ReadonlySet<Register>>;
  /** weighted number of reads and writes */
  readonly uses: ReadonlyMap<Register, number>;
}

export function buildInterference(program: readonly IrInstruction[]): Interference {
  const neighbors = new Map<Register, Set<Register>>();
  const copies = new Map<Register, Set<Register>>();
  const uses = new Map<Register, number>();
  const after = liveAfter(program);
  program.forEach(({ instruction, cold }, index) => {
    const written = writes(instruction);
    const source = copySource(instruction);
    for (const register of [...written, ...reads(instruction)].filter(isVirtual)) {
      uses.set(register, (uses.get(register) ?? 0) + (cold ? COLD_WEIGHT : 1));
      if (!neighbors.has(register)) neighbors.set(register, new Set());
    }
    for (const register of written) {
      for (const other of after[index] ?? []) if (other !== source) connect(neighbors, register, other);
    }
    const target = written[0];
    if (source !== undefined && target !== undefined) connect(copies, target, source);
  });
  return { neighbors, copies, uses };
}

function copySource(instruction: Instruction): Register | undefined {
  const copies = instruction.kind === "alu" && instruction.operator === "=" && instruction.bits === 64;
  return copies && typeof instruction.source === "number" && instruction.source !== FRAME
    ? instruction.source
    : undefined;
}

function connect(graph: Map<Register, Set<Register>>, left: Register, right: Register): void {
  if (left === right) return;
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    if (!isVirtual(from)) continue;
    const set = graph.get(from);
    if (set === undefined) graph.set(from, new Set([to]));
    else set.add(to);
  }
}
