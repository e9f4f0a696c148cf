import { FRAME, R0, R1, alu, atomic, goTo, immediate, jump, load, mapDescriptor, move, store } from "../instruction.ts";
import type { Instruction, Label, Register } from "../instruction.ts";
import { BEGAN_PLACE, NUMBER_PLACE, ROUTE_PLACE } from "./shared-frame.ts";

/** The time and the runs of each part of a fused program while parts are measured, by CPU. */
export const COSTS_MAP = "costs";
/** u64 nanoseconds, u64 runs */
export const COST_BYTES = 16;
const RUNS_OFFSET = 8;

const R2: Register = 2;
const R6: Register = 6;

/**
 * Makes a register one that the verifier takes for another number than that of the stack frame. It
 * would follow all later parts both with and without measuring.
 */
const unfollowed = (register: Register): Instruction => alu(register, "&", immediate(-1));

const takeTime: readonly Instruction[] = [{ kind: "call", helper: "ktime_get_ns" }, store(8, FRAME, BEGAN_PLACE, R0)];

/**
 * Returns the instructions before the first part: they take the time if parts are measured. The
 * route is in `route`, and a 0 that the verifier does not know in `zero`.
 */
export const beginMeasured = (route: Register, zero: Register): readonly Instruction[] => [
  store(8, FRAME, BEGAN_PLACE, zero),
  unfollowed(route),
  jump(route, "s>=", immediate(0), "unmeasured"),
  ...takeTime,
  { kind: "label", label: "unmeasured" },
];

/** Returns the instructions after a part: they lead to `measure` if parts are measured. */
export const ifMeasured = (measure: Label): readonly Instruction[] => [
  load(8, R1, FRAME, ROUTE_PLACE),
  unfollowed(R1),
  jump(R1, "s<", immediate(0), measure),
];

/** Returns the instructions that add the time of a part, take the time again and go to `next`. */
export function measurePart(part: number, measure: Label, next: Label): readonly Instruction[] {
  const skip = `${measure}_end`;
  return [
    { kind: "label", label: measure },
    { kind: "call", helper: "ktime_get_ns" },
    move(R6, R0),
    load(8, R1, FRAME, BEGAN_PLACE),
    alu(R6, "-", R1),
    store(4, FRAME, NUMBER_PLACE, immediate(part)),
    mapDescriptor(R1, COSTS_MAP),
    move(R2, FRAME),
    alu(R2, "+", immediate(NUMBER_PLACE)),
    { kind: "call", helper: "map_lookup_elem" },
    jump(R0, "==", immediate(0), skip),
    atomic("add", R0, 0, R6),
    move(R1, immediate(1)),
    atomic("add", R0, RUNS_OFFSET, R1),
    { kind: "label", label: skip },
    ...takeTime,
    goTo(next),
  ];
}
