import type { HelperName } from "../helper-function.ts";
import { FRAME, alu, goTo, immediate, jump, load, mapValue, move, store } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import type { Emitter, IrInstruction } from "../ir.ts";
import { CONTROL_MAP, CONTROL_READER } from "../maps.ts";

/*
 * The head of the stack frame of a fused program: values that all its parts have in common, so that
 * a run asks the kernel for each at most once. Below r10:
 *
 *   8   the program's context
 *   16  the result of get_current_pid_tgid + 1, 0 until a part asks
 *   24  the result of get_current_uid_gid + 1, 0 until a part asks
 *   32  the time + 1, 0 until a part asks
 *   40  not 0 if the comm is known
 *   56  the comm, 16 bytes
 *   72  the time when the part began, and the part's number, while they are measured
 *   80  the parts that run, and
 *   88  the next program: routes.ts
 *
 * The parts are compiled alone, and so cannot know what earlier parts asked for: they look. A
 * result that is 2^64 - 1 is asked for again.
 */
export const SHARED_FRAME_BYTES = 88;
export const CONTEXT_PLACE = -8;
export const BEGAN_PLACE = -64;
export const NUMBER_PLACE = -72;
export const ROUTE_PLACE = -80;
export const NEXT_PLACE = -88;
const RESULTS: Readonly<Partial<Record<HelperName, number>>> = {
  get_current_pid_tgid: -16,
  get_current_uid_gid: -24,
  ktime_get_boot_ns: -32,
};
const COMM_KNOWN = -40;
const COMM = -56;
const COMM_BYTES = 16;

/** Emits the start of a part: returns a register with the program's context. */
export function takeContext(emitter: Emitter): Register {
  const context = emitter.register();
  emitter.emit(load(8, context, FRAME, CONTEXT_PLACE));
  return context;
}

/** True if the parts of a fused program share the result of a helper. */
export const isShared = (helper: HelperName): boolean => RESULTS[helper] !== undefined;

/** Returns the result of a shared helper, which is called unless an earlier part has called it. */
export function sharedResult(emitter: Emitter, helper: HelperName): Register {
  const place = RESULTS[helper];
  if (place === undefined) throw new Error(`${helper} is not shared`);
  const result = emitter.register();
  const known = emitter.label("known");
  const ask = emitter.cold("ask", () => {
    emitter.emit(move(result, emitter.callFor(helper)), alu(result, "+", immediate(1)));
    emitter.emit(store(8, FRAME, place, result), goTo(known));
  });
  emitter.emit(load(8, result, FRAME, place));
  emitter.emit(jump(unfollowed(emitter, result), "==", immediate(0), ask));
  emitter.place(known);
  emitter.emit(alu(result, "-", immediate(1)));
  return result;
}

/** Returns the offset from r10 of the comm, which is fetched unless an earlier part has done so. */
export function sharedComm(emitter: Emitter): number {
  const seen = emitter.register();
  const known = emitter.label("known");
  const ask = emitter.cold("ask", () => {
    const toComm = (target: Register): void => {
      emitter.emit(alu(target, "=", FRAME), alu(target, "+", immediate(COMM)));
    };
    emitter.call("get_current_comm", toComm, immediate(COMM_BYTES));
    // the reader's process id, which is not 0, and which the verifier does not know
    const set = emitter.register();
    emitter.emit(mapValue(set, CONTROL_MAP, CONTROL_READER), load(4, set, set, 0));
    emitter.emit(store(8, FRAME, COMM_KNOWN, set), goTo(known));
  });
  emitter.emit(load(8, seen, FRAME, COMM_KNOWN));
  emitter.emit(jump(unfollowed(emitter, seen), "==", immediate(0), ask));
  emitter.place(known);
  return COMM;
}

/**
 * Returns a copy of a number that the verifier takes for another one. It would learn from a
 * comparison whether a part was the first to ask, and then follow all later parts for both cases.
 */
function unfollowed(emitter: Emitter, value: Register): Register {
  const other = emitter.copy(value);
  emitter.emit(alu(other, "&", immediate(-1)));
  return other;
}

/**
 * Emits what the parts find before any of them asked.
 *
 * @param zero a 0 that the verifier does not know
 */
export function openSharedFrame(emitter: Emitter, parts: readonly (readonly IrInstruction[])[], zero: Register): void {
  const looked = new Set(parts.flat().flatMap(({ instruction }) => lookedAt(instruction)));
  for (const place of [...Object.values(RESULTS), COMM_KNOWN]) {
    if (looked.has(place)) emitter.emit(store(8, FRAME, place, zero));
  }
  if (!looked.has(COMM_KNOWN)) return;
  for (let at = 0; at < COMM_BYTES; at += 8) emitter.emit(store(8, FRAME, COMM + at, immediate(0)));
}

const lookedAt = (instruction: IrInstruction["instruction"]): readonly number[] =>
  instruction.kind === "load" && instruction.base === FRAME ? [instruction.offset] : [];
