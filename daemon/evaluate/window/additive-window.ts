import { DEVIATION_NUMBERS, deviationOf } from "../../sample/wide-numbers.ts";

/** Running totals of an aggregate's slots. */
export interface AdditiveWindow {
  readonly kind: "additive";
  readonly form: AdditiveForm;
  readonly slots: number[];
  /** the part that rounding has cut off each slot so far */
  readonly cutOff: number[];
  /** the number of ticks of the window in which a slot was not zero */
  countedTicks: number;
}

/** The number of slots of an aggregate that adds up, and the value that they make. */
export interface AdditiveForm {
  readonly slots: number;
  readonly valueOf: (window: AdditiveWindow) => number | undefined;
}

export function additiveWindow(form: AdditiveForm): AdditiveWindow {
  const zeros = new Array<number>(form.slots).fill(0);
  return { kind: "additive", form, slots: zeros, cutOff: [...zeros], countedTicks: 0 };
}

/**
 * Adds the counts of a tick. Notes them in `kept`, from `at` on, for when the tick's step leaves:
 * the amount of each slot, and the number of ticks in which one was not zero.
 */
export function addAmounts(
  window: AdditiveWindow,
  amounts: readonly number[] | undefined,
  kept: Float64Array,
  at: number,
): void {
  if (amounts === undefined) return;
  let isCounted = false;
  const { length } = window.slots;
  for (let slot = 0; slot < length; slot++) {
    const amount = amounts[slot] ?? 0;
    if (amount === 0) continue;
    isCounted = true;
    addSlot(window, slot, amount);
    kept[at + slot] = (kept[at + slot] ?? 0) + amount;
  }
  if (!isCounted) return;
  window.countedTicks++;
  kept[at + length] = (kept[at + length] ?? 0) + 1;
}

/** Subtracts what a step added. */
export function takeAmounts(window: AdditiveWindow, kept: Float64Array, at: number): void {
  const { length } = window.slots;
  const ticks = kept[at + length] ?? 0;
  if (ticks === 0) return;
  for (let slot = 0; slot < length; slot++) addSlot(window, slot, -(kept[at + slot] ?? 0));
  window.countedTicks -= ticks;
}

/** Removes everything, also the remains of rounding. */
export function clearAmounts(window: AdditiveWindow): void {
  window.slots.fill(0);
  window.cutOff.fill(0);
  window.countedTicks = 0;
}

/** One slot with the total. */
export const TOTAL: AdditiveForm = { slots: 1, valueOf: (window) => slotTotal(window, 0) };

/**
 * A mean in three slots: the total, the count, and the part of the total that a double cannot hold.
 * Without an event there is no mean.
 */
export const MEAN: AdditiveForm = { slots: 3, valueOf: meanOf };

/** A deviation in numbers that a double holds exactly, also after much was added and subtracted. */
export const DEVIATION: AdditiveForm = { slots: DEVIATION_NUMBERS, valueOf: ({ slots }) => deviationOf(slots) };

function meanOf(window: AdditiveWindow): number | undefined {
  const count = slotTotal(window, 1);
  if (count === 0) return undefined;
  const parts = [window.slots[0], window.cutOff[0], window.slots[2], window.cutOff[2]].map((part = 0) => part);
  if (![count, ...parts].every(Number.isInteger)) return slotTotal(window, 0) / count;
  return quotient(
    parts.reduce((sum, part) => sum + BigInt(part), 0n),
    BigInt(count),
  );
}

/**
 * Divides integers that a double cannot hold. The result is never beyond the least and the greatest
 * of the values: rounding keeps their order.
 */
function quotient(total: bigint, count: bigint): number {
  return Number(total / count) + Number(total % count) / Number(count);
}

/**
 * Adds to a slot by Neumaier's summation. Totals beyond 2^53 are rounded. Without the part that was
 * cut off, the remains of a huge value would stay in the total of later values.
 */
function addSlot({ slots, cutOff }: AdditiveWindow, slot: number, amount: number): void {
  const before = slots[slot] ?? 0;
  const after = before + amount;
  const great = Math.abs(before) >= Math.abs(amount) ? before : amount;
  const small = great === before ? amount : before;
  slots[slot] = after;
  cutOff[slot] = (cutOff[slot] ?? 0) + (great - after + small);
}

function slotTotal({ slots, cutOff }: AdditiveWindow, slot: number): number {
  return (slots[slot] ?? 0) + (cutOff[slot] ?? 0);
}
