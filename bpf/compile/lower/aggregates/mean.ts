import { alu, immediate } from "../../instruction.ts";
import type { Operand, Register } from "../../instruction.ts";
import type { Update } from "./aggregate-update.ts";
import { placeAfter } from "../lowering.ts";
import type { Lowering, Place } from "../lowering.ts";
import { add } from "../state.ts";

/*
 * The total of an avg in digits to the base of 2^32, each in 64 bits: however many values are added within a tick none of them wraps, and
 * each is added atomically, on kernels without a carry (atomics that give the old value, 5.12) too.
 */

const DIGIT_BITS = 32;
/** Where the digits stand; the count is between. */
const [LOW, COUNT, MIDDLE, HIGH] = [0, 8, 16, 24];

export function addToMean(lowering: Lowering, update: Update, slots: Place): void {
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

/** As on paper: a digit of the value by one of the weight, which is never negative, fits into 64 bits. */
function addProduct(lowering: Lowering, value: Register, weight: Operand, signed: boolean, slots: Place): void {
  const { emitter } = lowering;
  const times = emitter.copy(weight);
  const [valueLow, valueHigh] = [lowDigit(lowering, value), highDigit(lowering, value, signed)];
  const [timesLow, timesHigh] = [lowDigit(lowering, times), highDigit(lowering, times, false)];
  const product = (a: Register, b: Register): Register => {
    const result = emitter.copy(a);
    emitter.emit(alu(result, "*", b));
    return result;
  };
  const lows = product(valueLow, timesLow);
  const crossed = [
    { number: product(valueHigh, timesLow), isSigned: signed },
    { number: product(valueLow, timesHigh), isSigned: false },
  ];
  add(lowering, placeAfter(slots, LOW), lowDigit(lowering, lows));
  add(lowering, placeAfter(slots, MIDDLE), highDigit(lowering, lows, false));
  add(lowering, placeAfter(slots, HIGH), product(valueHigh, timesHigh));
  for (const { isSigned, number } of crossed) {
    add(lowering, placeAfter(slots, MIDDLE), lowDigit(lowering, number));
    add(lowering, placeAfter(slots, HIGH), highDigit(lowering, number, isSigned));
  }
}

function lowDigit({ emitter }: Lowering, value: Register): Register {
  const digit = emitter.copy(value);
  emitter.emit(alu(digit, "=", digit, DIGIT_BITS));
  return digit;
}

function highDigit({ emitter }: Lowering, value: Register, signed: boolean): Register {
  const digit = emitter.copy(value);
  emitter.emit(alu(digit, signed ? "s>>" : ">>", immediate(DIGIT_BITS)));
  return digit;
}
