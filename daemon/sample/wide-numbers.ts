/*
 * Numbers of more than 53 bits as several doubles, so that windows can add and subtract them
 * without an error.
 */

/**
 * Returns a total, the count, and the part of the total that a double cannot hold: together up to
 * 106 bits.
 */
export function meanNumbers([total = 0n, count = 0n]: readonly bigint[]): readonly number[] {
  const rounded = Number(total);
  return [rounded, Number(count), Number(total - BigInt(rounded))];
}

const DIGIT_BITS = 32n;
/** The digits for a total of 2^40 values of 64 bits, and for as many squares. */
const TOTAL_DIGITS = 4;
const SQUARES_DIGITS = 6;

/** The numbers that `deviationNumbers` gives: the count, and the digits of both totals. */
export const DEVIATION_NUMBERS = 1 + TOTAL_DIGITS + SQUARES_DIGITS;

/**
 * Returns the count, and the digits to the base of 2^32 of the total and of the total of squares. A
 * double has room for the sums of two million digits, more than a window has ticks.
 */
export function deviationNumbers([total = 0n, count = 0n, squares = 0n]: readonly bigint[]): readonly number[] {
  return [Number(count), ...digitsOf(total, TOTAL_DIGITS), ...digitsOf(squares, SQUARES_DIGITS)];
}

/** Returns the standard deviation from the sums of such numbers; undefined without a value. */
export function deviationOf([count = 0, ...digits]: readonly number[]): number | undefined {
  if (count === 0) return undefined;
  const [total, squares] = [ofDigits(digits.slice(0, TOTAL_DIGITS)), ofDigits(digits.slice(TOTAL_DIGITS))];
  return Math.sqrt(Number(BigInt(count) * squares - total * total)) / count;
}

/** Splits a number into digits, the lowest first. The highest digit has the sign. */
function digitsOf(number: bigint, digits: number): readonly number[] {
  return Array.from({ length: digits }, (_, index) => {
    const digit = number >> (DIGIT_BITS * BigInt(index));
    return Number(index === digits - 1 ? digit : BigInt.asUintN(Number(DIGIT_BITS), digit));
  });
}

function ofDigits(digits: readonly number[]): bigint {
  return digits.reduceRight((sum, digit) => (sum << DIGIT_BITS) + BigInt(digit), 0n);
}
