import { alu, immediate } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import type { Update } from "./aggregate-update.ts";
import { highDigit, lowDigit, product } from "./digits.ts";
import { placeAfter } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { addToMean, MEAN_BYTES } from "./mean.ts";
import { add } from "../state.ts";

/**
 * Adds the value as `avg` does, and its square in four more digits. Both are exact, and so is the
 * deviation of values that are far from 0 and close to each other.
 */
export function addToDeviation(lowering: Lowering, update: Update, slots: MemoryPlace): void {
  const value = lowering.emitter.copy(update.value());
  addToMean(lowering, { ...update, value: () => value }, slots);
  const magnitude = update.layout.aggregate.signed ? magnitudeOf(lowering, value) : value;
  addSquare(lowering, magnitude, placeAfter(slots, MEAN_BYTES));
}

/** Without a jump: `s` is all ones for a negative value, and `(x ^ s) - s` is `-x` then. */
function magnitudeOf({ emitter }: Lowering, value: Register): Register {
  const sign = emitter.copy(value);
  emitter.emit(alu(sign, "s>>", immediate(63)));
  const magnitude = emitter.copy(value);
  emitter.emit(alu(magnitude, "^", sign), alu(magnitude, "-", sign));
  return magnitude;
}

/** (high * 2^32 + low)^2 = high^2 * 2^64 + 2 * low * high * 2^32 + low^2. */
function addSquare(lowering: Lowering, value: Register, digits: MemoryPlace): void {
  const { emitter } = lowering;
  const [low, high] = [lowDigit(lowering, value), highDigit(lowering, value, false)];
  const lows = product(lowering, low, low);
  add(lowering, digits, lowDigit(lowering, lows));
  const crossed = product(lowering, low, high);
  const second = twice(lowering, lowDigit(lowering, crossed));
  emitter.emit(alu(second, "+", highDigit(lowering, lows, false)));
  add(lowering, placeAfter(digits, 8), second);
  const highs = product(lowering, high, high);
  const third = twice(lowering, highDigit(lowering, crossed, false));
  emitter.emit(alu(third, "+", lowDigit(lowering, highs)));
  add(lowering, placeAfter(digits, 16), third);
  add(lowering, placeAfter(digits, 24), highDigit(lowering, highs, false));
}

function twice({ emitter }: Lowering, digit: Register): Register {
  emitter.emit(alu(digit, "<<", immediate(1)));
  return digit;
}
