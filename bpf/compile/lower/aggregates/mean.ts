import type { Operand, Register } from "../../instruction.ts";
import type { Update } from "./aggregate-update.ts";
import { highDigit, lowDigit, product } from "./digits.ts";
import { placeAfter } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { add } from "../state.ts";

/** The offsets of the digits of the total; the count is between them. */
const [LOW, COUNT, MIDDLE, HIGH] = [0, 8, 16, 24];
export const MEAN_BYTES = 32;

export function addToMean(lowering: Lowering, update: Update, slots: MemoryPlace): void {
  const { signed } = update.layout.aggregate;
  const value = lowering.emitter.copy(update.value());
  const weight = update.weight();
  if (update.isWeighted) addProduct(lowering, value, weight, signed, slots);
  else {
    add(lowering, placeAfter(slots, LOW), lowDigit(lowering, value));
    add(lowering, placeAfter(slots, MIDDLE), highDigit(lowering, value, signed));
  }
  add(lowering, placeAfter(slots, COUNT), weight);
}

/**
 * Multiplies as on paper: a digit of the value times one of the weight, which is never negative,
 * fits into 64 bits.
 */
function addProduct(lowering: Lowering, value: Register, weight: Operand, signed: boolean, slots: MemoryPlace): void {
  const { emitter } = lowering;
  const times = emitter.copy(weight);
  const [valueLow, valueHigh] = [lowDigit(lowering, value), highDigit(lowering, value, signed)];
  const [timesLow, timesHigh] = [lowDigit(lowering, times), highDigit(lowering, times, false)];
  const lows = product(lowering, valueLow, timesLow);
  const crossed = [
    { number: product(lowering, valueHigh, timesLow), isSigned: signed },
    { number: product(lowering, valueLow, timesHigh), isSigned: false },
  ];
  add(lowering, placeAfter(slots, LOW), lowDigit(lowering, lows));
  add(lowering, placeAfter(slots, MIDDLE), highDigit(lowering, lows, false));
  add(lowering, placeAfter(slots, HIGH), product(lowering, valueHigh, timesHigh));
  for (const { isSigned, number } of crossed) {
    add(lowering, placeAfter(slots, MIDDLE), lowDigit(lowering, number));
    add(lowering, placeAfter(slots, HIGH), highDigit(lowering, number, isSigned));
  }
}
