import type { BpfMap, BpfProgram } from "libbpf-ts";
import type { FusibleProgram } from "../../compile/fuse/fuse-programs.ts";
import { MOST_PARTS } from "../../compile/fuse/routes.ts";
import { CONTROL_MAP } from "../../compile/maps.ts";

/** A program of a rule that runs as a part of a fused program. */
export interface FusedPart {
  readonly spec: FusibleProgram;
  /** the program alone, which the verifier has accepted */
  readonly program: BpfProgram;
  readonly mapNamed: (name: string) => BpfMap;
}

/** The size of parts, by what limits a fused program. */
export interface PartSize {
  readonly parts: number;
  readonly maps: number;
  readonly instructions: number;
}

/**
 * The kernel lets a program use 64 maps (MAX_USED_MAPS in include/linux/bpf_verifier.h); the chain,
 * the routes, the control map and the costs are four of them. The time for making a program grows
 * with the square of its size, because the verifier moves the whole program each time that it
 * replaces a call (bpf_patch_insn_data).
 */
const LIMIT: PartSize = { parts: MOST_PARTS, maps: 60, instructions: 2800 };

/** Returns true if the parts fit into one program. */
export function fitTogether(parts: readonly FusedPart[]): boolean {
  const all = parts.map(sizeOf);
  const sum = (count: (size: PartSize) => number): number => all.reduce((total, size) => total + count(size), 0);
  return (["parts", "maps", "instructions"] as const).every((each) => sum((size) => size[each]) <= LIMIT[each]);
}

const sizes = new WeakMap<FusedPart, PartSize>();

function sizeOf(part: FusedPart): PartSize {
  const known = sizes.get(part) ?? measure(part);
  sizes.set(part, known);
  return known;
}

function measure({ spec: { part } }: FusedPart): PartSize {
  const code = [part.machine, ...part.functions.map(({ machine }) => machine)].flat();
  const maps = new Set<string>();
  for (const { instruction } of code) {
    if (instruction.kind === "map" || instruction.kind === "map-value") maps.add(instruction.map);
  }
  maps.delete(CONTROL_MAP);
  return { parts: 1, maps: maps.size, instructions: code.length };
}

/** The runs of a program as a part of another one. */
export interface SharedRuns extends Cost {
  /** skipped runs of all parts together; undefined if the kernel does not count them */
  readonly recursionMisses: bigint | undefined;
  /** true if the programs count their runs (`countsRuns` of compile/attach-kinds.ts) */
  readonly isGuarded: boolean;
}

/** The time that runs took, and their number, while they were measured. */
export interface Cost {
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
}

export const NO_COST: Cost = { runTimeNs: 0n, runCount: 0n };

export const addCosts = (left: Cost, right: Cost): Cost => ({
  runTimeNs: left.runTimeNs + right.runTimeNs,
  runCount: left.runCount + right.runCount,
});
