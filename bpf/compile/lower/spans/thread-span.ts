import type { SpanState } from "../../../check/checked-program.ts";
import type { Value } from "../../../check/typed-expression.ts";
import { goTo, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { layOutSlot, spanMapName } from "../../layout.ts";
import { SLOT_BYTES_ON_STACK, ZEROS_MAP } from "../../maps.ts";
import { helperResult } from "../values/helper-result.ts";
import { addressOf, coldBranch, onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { writeZeros } from "../values/memory.ts";
import { age, bindKeeps, keptNumbers, timeout, writeKeeps } from "./span-slot.ts";
import { count, countAndGo, lookUp, toMap } from "../state.ts";
import { threadId } from "../values/thread-id.ts";

/*
 * Spans by thread. A thread's slot is never deleted while the thread lives: deleting and adding
 * costs three times as much as clearing the time. Only the thread itself opens and closes spans in
 * it, so kept values can be read in place.
 */

/** BPF_LOCAL_STORAGE_GET_F_CREATE of bpf_task_storage_get. */
const CREATE = 1;
const BPF_NOEXIST = 1;

/**
 * A thread whose slot is looked for: its `task_struct`, or in the low 32 bits its key in a hash.
 */
interface Thread {
  readonly task: () => Register;
  readonly id: () => Register;
}

const running = (lowering: Lowering): Thread => ({
  task: () => helperResult(lowering, "task"),
  id: () => threadId(lowering),
});

export function openThread(lowering: Lowering, state: SpanState, keeps: readonly Value[]): void {
  const { emitter } = lowering;
  const numbers = keptNumbers(lowering, keeps);
  const now = helperResult(lowering, "boot_ns");
  const done = emitter.label("opened");
  const slot = slotForOpening(lowering, state, done);
  const open = emitter.label("open");
  const taken = coldBranch(lowering, "taken", () => {
    if (!state.restart) emitter.emit(jump(age(lowering, slot), "<=", timeout(lowering, state), done));
    count(lowering, "orphaned", open);
    emitter.emit(goTo(open));
  });
  const openedAt = emitter.register();
  emitter.emit(load(8, openedAt, slot, 0), jump(openedAt, "!=", immediate(0), taken));
  emitter.place(open);
  writeKeeps(lowering, state, { base: slot, offset: 0 }, keeps, numbers);
  emitter.emit(store(8, slot, 0, now));
  emitter.place(done);
}

/**
 * Ends the run if no span of this thread is open, otherwise closes it and returns how long it was.
 */
export function closeThread(lowering: Lowering, state: SpanState, keeps: readonly number[]): Register {
  const slot = threadInside(lowering, state);
  const elapsed = age(lowering, slot);
  lowering.emitter.emit(store(8, slot, 0, immediate(0)));
  bindKeeps(lowering, state, slot, keeps);
  return elapsed;
}

/**
 * Returns the slot of a thread that is inside the span; the running thread if none is named. A run
 * of another thread ends.
 */
export function threadInside(lowering: Lowering, state: SpanState, thread = running(lowering)): Register {
  const { emitter } = lowering;
  emitter.comment(`span ${state.name} of this thread`);
  const inStorage = lowering.kernel.has("task_storage");
  const slot = inStorage ? taskSlot(lowering, state, thread, 0) : threadSlot(lowering, state, thread);
  emitter.emit(jump(slot, "==", immediate(0), lowering.end));
  const openedAt = emitter.register();
  emitter.emit(load(8, openedAt, slot, 0), jump(openedAt, "==", immediate(0), lowering.end));
  return slot;
}

/**
 * Returns the slot of a thread, made if it has none. Goes to `lost` if that fails twice, which is
 * counted. There is always room for a slot.
 */
function slotForOpening(lowering: Lowering, state: SpanState, lost: Label): Register {
  const { emitter } = lowering;
  emitter.comment(`span ${state.name} of this thread`);
  if (lowering.kernel.has("task_storage")) {
    const slot = taskSlot(lowering, state, running(lowering), CREATE);
    const made = emitter.label("slot");
    const again = coldBranch(lowering, "again", () => {
      emitter.emit(move(slot, taskSlot(lowering, state, running(lowering), CREATE)));
      emitter.emit(jump(slot, "==", immediate(0), countAndGo(lowering, "lost_busy", lost)), goTo(made));
    });
    emitter.emit(jump(slot, "==", immediate(0), again));
    emitter.place(made);
    return slot;
  }
  const slot = threadSlot(lowering, state, running(lowering));
  const found = emitter.label("found");
  const added = coldBranch(lowering, "new_thread", () => {
    for (let tries = 0; tries < 2; tries++) {
      addThread(lowering, state, lost);
      emitter.emit(move(slot, threadSlot(lowering, state, running(lowering))));
      emitter.emit(jump(slot, "!=", immediate(0), found));
    }
    count(lowering, "lost_busy", lost);
    emitter.emit(goTo(lost));
  });
  emitter.emit(jump(slot, "==", immediate(0), added));
  emitter.place(found);
  return slot;
}

/**
 * Returns the slot in task storage, or null if the thread has none and none is to be made. From
 * 5.13 to 6.1 it is also null if a program that uses task storage interrupted another one on the
 * same CPU (`bpf_task_storage_trylock`, bc235cdb423a). Then the run goes on as if no start were
 * open, and an opening is counted as lost. Since 6.2 (e8b02296a6b8) only calls from the storage's
 * own work are refused.
 */
function taskSlot(lowering: Lowering, state: SpanState, thread: Thread, flags: number): Register {
  const { emitter } = lowering;
  const task = thread.task();
  return emitter.callFor("task_storage_get", toMap(lowering, spanMapName(state)), task, immediate(0), immediate(flags));
}

/**
 * Returns the slot in a hash by thread id, for kernels whose tracing programs have no task storage
 * (before 5.13). The least recently used slots make room.
 */
function threadSlot(lowering: Lowering, state: SpanState, thread: Thread): Register {
  return lookUp(lowering, spanMapName(state), thread.id());
}

function addThread(lowering: Lowering, state: SpanState, lost: Label): void {
  const { bytes } = layOutSlot(state);
  if (bytes <= SLOT_BYTES_ON_STACK) {
    lowering.frame.with(bytes, (offset) => {
      writeZeros(lowering, onStack(offset), bytes);
      insertThread(lowering, state, onStack(offset));
    });
    return;
  }
  const zeros = lookUp(lowering, ZEROS_MAP, immediate(0));
  lowering.emitter.emit(jump(zeros, "==", immediate(0), lost));
  insertThread(lowering, state, { base: zeros, offset: 0 });
}

function insertThread(lowering: Lowering, state: SpanState, zeros: MemoryPlace): void {
  const { emitter, frame } = lowering;
  const thread = threadId(lowering);
  frame.with(4, (offset) => {
    emitter.emit(store(4, onStack(offset).base, offset, thread));
    const map = toMap(lowering, spanMapName(state));
    const key = addressOf(lowering, onStack(offset));
    emitter.call("map_update_elem", map, key, addressOf(lowering, zeros), immediate(BPF_NOEXIST));
  });
}
