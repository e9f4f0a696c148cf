import type { Aggregate, AggregateFunction } from "../../bpf/check/checked-program.ts";

/** One aggregate of one key over the window: running totals of its slots, or the candidates for its extreme. */
export type AggregateWindow = AdditiveWindow | ExtremeWindow;

interface AdditiveWindow {
  readonly kind: "additive";
  readonly aggregate: Aggregate;
  readonly slots: number[];
  /** what rounding has cut off each slot so far */
  readonly cutOff: number[];
  /** in how many ticks of the window a slot was not zero */
  countedTicks: number;
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

/** How many slots each function has. */
export const SLOTS: Readonly<Record<AggregateFunction, number>> = { count: 1, sum: 1, avg: 2, min: 2, max: 2 };

export function emptyWindow(aggregate: Aggregate): AggregateWindow {
  if (aggregate.function === "min" || aggregate.function === "max")
    return { kind: "extreme", aggregate, candidates: [] };
  const zeros = new Array<number>(SLOTS[aggregate.function]).fill(0);
  return { kind: "additive", aggregate, slots: zeros, cutOff: [...zeros], countedTicks: 0 };
}

/** Adds what the tick `sequence` counted: its slots are in `slots` from `at` on, zeros where nothing was counted. */
export function addTo(window: AggregateWindow, sequence: number, slots: Float64Array, at: number): void {
  if (window.kind === "additive") {
    for (let slot = 0; slot < window.slots.length; slot++) addSlot(window, slot, slots[at + slot] ?? 0);
    if (isCounted(window, slots, at)) window.countedTicks++;
  } else if (slots[at + 1] !== 0) {
    addCandidate(window, sequence, slots[at] ?? 0);
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
export function removeFrom(window: AggregateWindow, sequence: number, slots: Float64Array, at: number): void {
  if (window.kind === "extreme") {
    while (window.candidates[0] !== undefined && window.candidates[0].sequence <= sequence) window.candidates.shift();
    return;
  }
  for (let slot = 0; slot < window.slots.length; slot++) addSlot(window, slot, -(slots[at + slot] ?? 0));
  if (isCounted(window, slots, at)) window.countedTicks--;
}

function isCounted(window: AdditiveWindow, slots: Float64Array, at: number): boolean {
  for (let slot = 0; slot < window.slots.length; slot++) if (slots[at + slot] !== 0) return true;
  return false;
}

/**
 * Neumaier's summation: totals beyond 2^53 are rounded, and without the part that was cut off the remains of a huge value would stay in
 * the total of those after it.
 */
function addSlot({ slots, cutOff }: AdditiveWindow, slot: number, amount: number): void {
  const before = slots[slot] ?? 0;
  const after = before + amount;
  const [great, small] = Math.abs(before) >= Math.abs(amount) ? [before, amount] : [amount, before];
  slots[slot] = after;
  cutOff[slot] = (cutOff[slot] ?? 0) + (great - after + small);
}

function slotTotal({ slots, cutOff }: AdditiveWindow, slot: number): number {
  return (slots[slot] ?? 0) + (cutOff[slot] ?? 0);
}

/** The value over the window: without events count and sum are 0, all else is no data. */
export function valueOf(window: AggregateWindow): number | undefined {
  if (window.kind === "extreme") return window.candidates[0]?.value;
  if (window.aggregate.function !== "avg") return slotTotal(window, 0);
  const count = slotTotal(window, 1);
  return count === 0 ? undefined : slotTotal(window, 0) / count;
}

/**
 * Whether nothing was counted within the window as far as the slots tell: the loader gives zeros, not undefined, for idle counts and
 * sums, so that a tick in which a sum came to 0 looks as one without events.
 */
export function isIdle(window: AggregateWindow): boolean {
  return window.kind === "extreme" ? window.candidates.length === 0 : window.countedTicks === 0;
}
