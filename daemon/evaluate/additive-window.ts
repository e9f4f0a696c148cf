import type { Aggregate } from "../../bpf/check/checked-program.ts";

/** Running totals of an aggregate's slots. */
export interface AdditiveWindow {
  readonly kind: "additive";
  readonly aggregate: Aggregate;
  readonly slots: number[];
  /** what rounding has cut off each slot so far */
  readonly cutOff: number[];
  /** in how many ticks of the window a slot was not zero */
  countedTicks: number;
}

export function additiveWindow(aggregate: Aggregate, slots: number): AdditiveWindow {
  const zeros = new Array<number>(slots).fill(0);
  return { kind: "additive", aggregate, slots: zeros, cutOff: [...zeros], countedTicks: 0 };
}

export function addAmounts(window: AdditiveWindow, amounts: Float64Array, at: number): void {
  for (let slot = 0; slot < window.slots.length; slot++) addSlot(window, slot, amounts[at + slot] ?? 0);
  if (isCounted(window, amounts, at)) window.countedTicks++;
}

export function takeAmounts(window: AdditiveWindow, amounts: Float64Array, at: number): void {
  for (let slot = 0; slot < window.slots.length; slot++) addSlot(window, slot, -(amounts[at + slot] ?? 0));
  if (isCounted(window, amounts, at)) window.countedTicks--;
}

/** A total, or of avg the total by the count; of none no data. */
export function totalOf(window: AdditiveWindow): number | undefined {
  if (window.aggregate.function !== "avg") return slotTotal(window, 0);
  const count = slotTotal(window, 1);
  return count === 0 ? undefined : slotTotal(window, 0) / count;
}

function isCounted(window: AdditiveWindow, amounts: Float64Array, at: number): boolean {
  for (let slot = 0; slot < window.slots.length; slot++) if (amounts[at + slot] !== 0) return true;
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
