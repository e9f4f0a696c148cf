import type { SpanState, Step } from "../../../check/checked-program.ts";
import { immediate, jump, store } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import { branch } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { closeMatched, findMatched, matchKey, openMatched } from "./matched-span.ts";
import { age, bindCopies, bindKeeps, timeout } from "./span-slot.ts";
import { count, countAndGo } from "../state.ts";
import { closeThread, openThread, threadInside } from "./thread-span.ts";
import { lowerScalar } from "../values.ts";

type Opening = Extract<Step, { readonly do: "span-open" }>;
type Closing = Extract<Step, { readonly do: "span-close" }>;
type Abandoning = Extract<Step, { readonly do: "span-abandon" }>;
type Inside = Extract<Step, { readonly do: "inside" }>;

/**
 * Lowers a start. A span that is open already stays unchanged, unless it is too old or the span
 * restarts; then it is counted as orphaned.
 */
export function lowerSpanOpen(lowering: Lowering, step: Opening): void {
  const state = spanState(lowering, step.state);
  // if it changes nothing, nothing of it is known after it
  branch(lowering, () => {
    if (state.match === undefined) openThread(lowering, state, step.keeps);
    else openMatched(lowering, state, step);
  });
}

/** Lowers an end: leaves the run if no start is open, otherwise closes it. */
export function lowerSpanClose(lowering: Lowering, step: Closing): void {
  const state = spanState(lowering, step.state);
  const elapsed =
    state.match === undefined ? closeThread(lowering, state, step.keeps) : closeMatched(lowering, state, step);
  const orphaned = countAndGo(lowering, "orphaned", lowering.end);
  lowering.emitter.emit(jump(elapsed, ">", timeout(lowering, state), orphaned));
  lowering.variables.set(step.elapsed, elapsed);
}

/** Closes the span of a thread that has ended: it can have no other end. */
export function lowerSpanAbandon(lowering: Lowering, step: Abandoning): void {
  const state = spanState(lowering, step.state);
  const task = (): Register => lowerScalar(lowering, step.task);
  const id = (): Register => lowerScalar(lowering, step.thread);
  lowering.emitter.emit(store(8, threadInside(lowering, state, { task, id }), 0, immediate(0)));
  count(lowering, "orphaned");
}

/** Leaves the run if no such span is open. */
export function lowerInside(lowering: Lowering, step: Inside): void {
  const state = spanState(lowering, step.state);
  const slot = openSlot(lowering, state, step);
  const elapsed = age(lowering, slot);
  lowering.emitter.emit(jump(elapsed, ">", timeout(lowering, state), lowering.end));
  lowering.variables.set(step.elapsed, elapsed);
  if (state.match === undefined) bindKeeps(lowering, state, slot, step.keeps);
  else bindCopies(lowering, state, slot, step.keeps);
}

function openSlot(lowering: Lowering, state: SpanState, step: Inside): Register {
  if (state.match === undefined) return threadInside(lowering, state);
  return findMatched(lowering, state, matchKey(lowering, state, step.match, lowering.end));
}

function spanState(lowering: Lowering, id: number): SpanState {
  const state = lowering.program.spans.find((span) => span.id === id);
  if (state === undefined) throw new Error(`span ${String(id)} is not declared`);
  return state;
}
