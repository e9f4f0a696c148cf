import type { SpanState, Step } from "../../check/checked-program.ts";
import { alu, goTo, immediate, jump, load, move, store } from "../instruction.ts";
import type { Label, Operand, Register } from "../instruction.ts";
import { spanMapName } from "../maps.ts";
import { helperResult } from "./helper-result.ts";
import { addressOf, coldBranch, onStack } from "./lowering.ts";
import type { Lowering } from "./lowering.ts";
import { writeZeros } from "./memory.ts";
import { lowerOperand } from "./values.ts";
import { count, countAndGo, lookUp, toMap } from "./state.ts";

type Opening = Extract<Step, { readonly do: "span-open" }>;
type Closing = Extract<Step, { readonly do: "span-close" }>;
type Inside = Extract<Step, { readonly do: "inside" }>;

/** BPF_LOCAL_STORAGE_GET_F_CREATE of bpf_task_storage_get. */
const CREATE = 1;
const BPF_NOEXIST = 1;

/*
 * A thread's slot: u64 time of the start (CLOCK_BOOTTIME ns, 0: none is open), then the kept values, 8 bytes each. It is never deleted:
 * deleting and adding costs three times as much as clearing the time.
 */
const KEEPS_OFFSET = 8;

/** Bytes of a thread's slot. */
export const spanSlotBytes = (state: SpanState): number => KEEPS_OFFSET + 8 * state.keeps.length;

/** A start. One that is open already stays as it is, unless it is too old or the span restarts; then it is counted as orphaned. */
export function lowerSpanOpen(lowering: Lowering, step: Opening): void {
  const { emitter } = lowering;
  const state = spanState(lowering, step.state);
  const keeps = step.keeps.map((keep) => lowerOperand(lowering, keep));
  const now = helperResult(lowering, "boot_ns");
  const done = emitter.label("opened");
  const slot = slotForOpening(lowering, state, done);
  const open = emitter.label("open");
  const taken = coldBranch(lowering, "taken", () => {
    if (!state.restart) emitter.emit(jump(ageOf(lowering, now, slot), "<=", timeout(lowering, state), done));
    count(lowering, "orphaned", open);
    emitter.emit(goTo(open));
  });
  const openedAt = emitter.register();
  emitter.emit(load(8, openedAt, slot, 0), jump(openedAt, "!=", immediate(0), taken));
  emitter.place(open);
  keeps.forEach((keep, index) => {
    emitter.emit(store(8, slot, KEEPS_OFFSET + 8 * index, keep));
  });
  emitter.emit(store(8, slot, 0, now));
  emitter.place(done);
}

/** An end: leaves the run where no start is open, else closes it. */
export function lowerSpanClose(lowering: Lowering, step: Closing): void {
  const { emitter, variables } = lowering;
  const state = spanState(lowering, step.state);
  const slot = openSlot(lowering, state);
  const now = helperResult(lowering, "boot_ns");
  const elapsed = ageOf(lowering, now, slot);
  emitter.emit(store(8, slot, 0, immediate(0)));
  emitter.emit(jump(elapsed, ">", timeout(lowering, state), countAndGo(lowering, "orphaned", lowering.end)));
  variables.set(step.elapsed, elapsed);
  bindKeeps(lowering, slot, step.keeps);
}

/** Leaves the run where the thread is not inside the span. */
export function lowerInside(lowering: Lowering, step: Inside): void {
  const state = spanState(lowering, step.state);
  const slot = openSlot(lowering, state);
  const now = helperResult(lowering, "boot_ns");
  lowering.emitter.emit(jump(ageOf(lowering, now, slot), ">", timeout(lowering, state), lowering.end));
  bindKeeps(lowering, slot, step.keeps);
}

function bindKeeps({ emitter, variables }: Lowering, slot: Register, keeps: readonly number[]): void {
  keeps.forEach((variable, index) => {
    const value = emitter.register();
    emitter.emit(load(8, value, slot, KEEPS_OFFSET + 8 * index));
    variables.set(variable, value);
  });
}

function ageOf({ emitter }: Lowering, now: Register, slot: Register): Register {
  const openedAt = emitter.register();
  emitter.emit(load(8, openedAt, slot, 0));
  const age = emitter.copy(now);
  emitter.emit(alu(age, "-", openedAt));
  return age;
}

const timeout = (lowering: Lowering, state: SpanState): Operand =>
  lowerOperand(lowering, { op: "constant", value: state.timeoutNs });

function spanState(lowering: Lowering, id: number): SpanState {
  const state = lowering.program.spans.find((span) => span.id === id);
  if (state === undefined) throw new Error(`span ${String(id)} is not declared`);
  return state;
}

/** The slot of a thread that is inside the span; a run of another one ends. */
function openSlot(lowering: Lowering, state: SpanState): Register {
  const { emitter } = lowering;
  emitter.comment(`span ${state.name} of this thread`);
  const slot = lowering.kernel.has("task_storage") ? taskSlot(lowering, state, 0) : threadSlot(lowering, state);
  emitter.emit(jump(slot, "==", immediate(0), lowering.end));
  const openedAt = emitter.register();
  emitter.emit(load(8, openedAt, slot, 0), jump(openedAt, "==", immediate(0), lowering.end));
  return slot;
}

/** The slot of a thread, made where it has none; `lost` where that fails, which is counted. */
function slotForOpening(lowering: Lowering, state: SpanState, lost: Label): Register {
  const { emitter } = lowering;
  emitter.comment(`span ${state.name} of this thread`);
  if (lowering.kernel.has("task_storage")) {
    const slot = taskSlot(lowering, state, CREATE);
    emitter.emit(jump(slot, "==", immediate(0), countAndGo(lowering, "lost_keys", lost)));
    return slot;
  }
  const slot = threadSlot(lowering, state);
  const found = emitter.label("found");
  const added = coldBranch(lowering, "new_thread", () => {
    addThread(lowering, state);
    emitter.emit(move(slot, threadSlot(lowering, state)));
    emitter.emit(jump(slot, "!=", immediate(0), found));
    count(lowering, "lost_keys", lost);
    emitter.emit(goTo(lost));
  });
  emitter.emit(jump(slot, "==", immediate(0), added));
  emitter.place(found);
  return slot;
}

/**
 * Null where the thread has no slot and none is asked for or had; and from 5.13 to 6.1 also where a program that uses the storage of
 * tasks interrupted another on the same CPU (`bpf_task_storage_trylock`, bc235cdb423a): the run then goes as if no start were open,
 * and an opening is counted as lost. Since 6.2 (e8b02296a6b8) only calls from the storage's own work are refused.
 */
function taskSlot(lowering: Lowering, state: SpanState, flags: number): Register {
  const { emitter } = lowering;
  const task = helperResult(lowering, "task");
  return emitter.callFor("task_storage_get", toMap(lowering, spanMapName(state)), task, immediate(0), immediate(flags));
}

/**
 * Where tracing programs have no task storage (before 5.13): a hash by thread id, whose least recently used slots make room. A thread
 * with the id of one that ended inside the span is taken for it until the timeout.
 */
function threadSlot(lowering: Lowering, state: SpanState): Register {
  return lookUp(lowering, spanMapName(state), helperResult(lowering, "pid_tgid"));
}

function addThread(lowering: Lowering, state: SpanState): void {
  const { emitter, frame } = lowering;
  const bytes = spanSlotBytes(state);
  const thread = helperResult(lowering, "pid_tgid");
  frame.with(8 + bytes, (place) => {
    emitter.emit(store(4, onStack(place).base, place, thread));
    writeZeros(lowering, onStack(place + 8), bytes);
    const map = toMap(lowering, spanMapName(state));
    const key = addressOf(lowering, onStack(place));
    emitter.call("map_update_elem", map, key, addressOf(lowering, onStack(place + 8)), immediate(BPF_NOEXIST));
  });
}
