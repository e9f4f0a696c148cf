import { atomic, goTo, immediate, jump, load, move, store } from "../instruction.ts";
import type { Label, Register } from "../instruction.ts";
import { SCRATCH_BUSY, SCRATCH_ENTRIES, SCRATCH_MAP } from "../maps.ts";
import { forget } from "./values/forget.ts";
import { coldBranch } from "./lowering.ts";
import type { Lowering } from "./lowering.ts";
import { countAndGo, lookUp } from "./state.ts";

/** An entry of `scratch`: its number, by which functions look it up, and its address. */
export interface ScratchEntry {
  readonly entry: Register;
  readonly base: Register;
}

/** Acquires an entry as `acquireScratch` does. */
export function acquireEntry(lowering: Lowering, done: Label): ScratchEntry {
  const entry = lowering.emitter.register();
  const base = acquireScratch(lowering, done, (index) => {
    lowering.emitter.emit(move(entry, immediate(index)));
  });
  forget(lowering, entry, immediate(SCRATCH_ENTRIES - 1));
  return { entry, base };
}

/**
 * Acquires an entry of `scratch` that no interrupted program is using. Goes to `done` if there is
 * none, which is counted.
 *
 * @param trying called with each entry before it is tried
 */
export function acquireScratch(lowering: Lowering, done: Label, trying: (entry: number) => void = () => {}): Register {
  const { emitter } = lowering;
  const scratch = emitter.register();
  const acquired = emitter.label("acquired");
  emitter.comment("memory beside the stack");
  for (let entry = 0; entry < SCRATCH_ENTRIES; entry++) {
    trying(entry);
    const candidate = lookUp(lowering, SCRATCH_MAP, immediate(entry));
    const busy = emitter.label("busy");
    emitter.emit(jump(candidate, "==", immediate(0), busy), move(scratch, candidate));
    const before = markBusy(lowering, candidate);
    emitter.emit(jump(before, "==", immediate(0), acquired));
    emitter.place(busy);
  }
  emitter.emit(goTo(countAndGo(lowering, "lost_scratch", done)));
  emitter.place(acquired);
  return scratch;
}

/**
 * Marks an entry as busy and returns its earlier mark. Without an atomic exchange (before 5.12) a
 * program that is preempted between load and store could share the entry with the next one.
 * Interrupts cannot: they leave it as they found it.
 */
function markBusy({ emitter, kernel }: Lowering, scratch: Register): Register {
  const before = emitter.register();
  if (kernel.has("atomic_fetch")) {
    emitter.emit(move(before, immediate(1)), atomic("exchange", scratch, SCRATCH_BUSY, before));
  } else {
    emitter.emit(load(8, before, scratch, SCRATCH_BUSY), store(8, scratch, SCRATCH_BUSY, immediate(1)));
  }
  return before;
}

/** Returns a label that releases an entry, then continues at `resume`. */
export const releasing = (lowering: Lowering, scratch: Register, resume: Label): Label =>
  coldBranch(lowering, "released", () => {
    releaseScratch(lowering, scratch);
    lowering.emitter.emit(goTo(resume));
  });

/**
 * Releases an entry. Every way on from `acquireScratch` must come here: an entry that stays busy is
 * lost.
 */
export function releaseScratch({ emitter }: Lowering, scratch: Register): void {
  emitter.emit(store(8, scratch, SCRATCH_BUSY, immediate(0)));
}
