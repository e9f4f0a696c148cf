import type { Aggregate, AggregateFunction } from "../../bpf/check/checked-program.ts";
import { emptyValue } from "./scope.ts";

/** One aggregate of one key over the window: running totals of its slots, or the candidates for its extreme. */
export type AggregateWindow = AdditiveWindow | ExtremeWindow;

interface AdditiveWindow {
  readonly kind: "additive";
  readonly aggregate: Aggregate;
  readonly slots: number[];
  /** ticks in the window that counted something */
  entries: number;
}

/**
 * The values that are the extreme now, or will be when those before them have left: each better than all that came after it, oldest
 * and best first (a monotonic queue, so that a tick costs constant time on average).
 */
interface ExtremeWindow {
  readonly kind: "extreme";
  readonly aggregate: Aggregate;
  readonly candidates: { readonly sequence: number; readonly value: number }[];
}

const SLOTS: Readonly<Record<AggregateFunction, number>> = { count: 1, sum: 1, avg: 2, min: 2, max: 2 };

export function emptyWindow(aggregate: Aggregate): AggregateWindow {
  if (aggregate.function === "min" || aggregate.function === "max")
    return { kind: "extreme", aggregate, candidates: [] };
  return { kind: "additive", aggregate, slots: new Array<number>(SLOTS[aggregate.function]).fill(0), entries: 0 };
}

/** Adds what the tick `sequence` counted; `slots` as `AggregateFunction` has them, undefined where nothing was. */
export function addTo(window: AggregateWindow, sequence: number, slots: readonly number[] | undefined): void {
  if (slots === undefined) return;
  if (window.kind === "additive") {
    window.entries++;
    for (let slot = 0; slot < window.slots.length; slot++) addSlot(window, slot, slots[slot] ?? 0);
  } else {
    addCandidate(window, sequence, slots[0] ?? 0);
  }
}

function addCandidate({ aggregate, candidates }: ExtremeWindow, sequence: number, value: number): void {
  const better = aggregate.function === "min" ? (a: number, b: number) => a < b : (a: number, b: number) => a > b;
  let last = candidates.at(-1);
  while (last !== undefined && !better(last.value, value)) {
    candidates.pop();
    last = candidates.at(-1);
  }
  candidates.push({ sequence, value });
}

/** Takes away what `addTo` added for the oldest tick in the window. */
export function removeFrom(window: AggregateWindow, sequence: number, slots: readonly number[] | undefined): void {
  if (slots === undefined) return;
  if (window.kind === "extreme") {
    while (window.candidates[0] !== undefined && window.candidates[0].sequence <= sequence) window.candidates.shift();
    return;
  }
  window.entries--;
  // Sums beyond 2^53 are rounded; an empty window is exactly 0 again.
  for (let slot = 0; slot < window.slots.length; slot++) {
    if (window.entries === 0) window.slots[slot] = 0;
    else addSlot(window, slot, -(slots[slot] ?? 0));
  }
}

function addSlot({ slots }: AdditiveWindow, slot: number, amount: number): void {
  slots[slot] = (slots[slot] ?? 0) + amount;
}

/** The value over the window; what it is without events says `emptyValue`. */
export function valueOf(window: AggregateWindow): number | undefined {
  if (window.kind === "extreme") return window.candidates[0]?.value;
  const [first = 0, count = 0] = window.slots;
  if (window.aggregate.function !== "avg") return window.entries === 0 ? emptyValue(window.aggregate) : first;
  return count === 0 ? undefined : first / count;
}

/** Whether anything was counted within the window: the loader gives zeros, not undefined, for idle counts and sums. */
export function isIdle(window: AggregateWindow): boolean {
  if (window.kind === "extreme") return window.candidates.length === 0;
  return window.slots.every((slot) => slot === 0);
}
