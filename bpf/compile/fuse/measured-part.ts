import { FRAME, R0, R1, alu, atomic, immediate, jump, load, mapDescriptor, move, store } from "../instruction.ts";
import type { Instruction, Register } from "../instruction.ts";

/** The time and the runs of each part of a fused program that is measured, by CPU. */
export const COSTS_MAP = "costs";
/** u64 nanoseconds, u64 runs */
export const COST_BYTES = 16;
const RUNS_OFFSET = 8;

const BEGAN = -64;
const NUMBER = -72;
const R2: Register = 2;
const R6: Register = 6;

/** Returns the instructions before the first part: they take the time. */
export const beginMeasured = (): readonly Instruction[] => [
  { kind: "call", helper: "ktime_get_ns" },
  store(8, FRAME, BEGAN, R0),
];

/** Returns the instructions after a part: they add its time, and take the time again. */
export function endMeasured(part: number): readonly Instruction[] {
  const skip = `unmeasured_${String(part)}`;
  return [
    { kind: "call", helper: "ktime_get_ns" },
    move(R6, R0),
    load(8, R1, FRAME, BEGAN),
    alu(R6, "-", R1),
    store(4, FRAME, NUMBER, immediate(part)),
    mapDescriptor(R1, COSTS_MAP),
    move(R2, FRAME),
    alu(R2, "+", immediate(NUMBER)),
    { kind: "call", helper: "map_lookup_elem" },
    jump(R0, "==", immediate(0), skip),
    atomic("add", R0, 0, R6),
    move(R1, immediate(1)),
    atomic("add", R0, RUNS_OFFSET, R1),
    { kind: "label", label: skip },
    ...beginMeasured(),
  ];
}
