import { helpForUnit } from "./other-units.ts";
import { badLiteral, goodLiteral, matchAt } from "./token.ts";
import type { Literal, Scanned } from "./token.ts";

/** Nanoseconds of each unit. */
export const DURATION_UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
  ["d", 86_400_000_000_000n],
]);

/** Bytes of each unit: 1024-based with `i`, 1000-based without (IEC 80000-13). */
export const SIZE_UNITS: ReadonlyMap<string, bigint> = new Map([
  ["B", 1n],
  ["KiB", 1n << 10n],
  ["MiB", 1n << 20n],
  ["GiB", 1n << 30n],
  ["TiB", 1n << 40n],
  ["kB", 1_000n],
  ["MB", 1_000_000n],
  ["GB", 1_000_000_000n],
  ["TB", 1_000_000_000_000n],
]);

const LARGEST = (1n << 64n) - 1n;
const RADIX = /0[xbo][0-9a-zA-Z_]*/y;
const NUMBER = /([0-9][0-9_]*)(?:\.([0-9][0-9_]*))?([a-zA-Zµ][a-zA-Z0-9_]*)?/y;
const DIGITS: Readonly<Record<string, RegExp>> = {
  x: /^[0-9a-f]+(_[0-9a-f]+)*$/i,
  o: /^[0-7]+(_[0-7]+)*$/,
  b: /^[01]+(_[01]+)*$/,
};
const DECIMAL_DIGITS = /^[0-9]+(_[0-9]+)*$/;

/**
 *     Number     = Integer | Decimal | Duration | Size | Percentage
 *     Integer    = "0x" HexDigits | "0o" OctalDigits | "0b" BinaryDigits | Digits
 *                  (at most 64 bits; "_" between digits)
 *     Decimal    = Digits "." Digits
 *     Duration   = (Digits | Decimal) ("ns" | "us" | "ms" | "s" | "m" | "h" | "d")
 *                  (a whole number of nanoseconds)
 *     Size       = (Digits | Decimal) ("B" | "KiB" | ... | "TB")
 *                  (a whole number of bytes)
 *     Percentage = (Digits | Decimal) "%"
 *
 * `%` belongs to the number if it follows immediately and no operand comes after it: `ratio < 90%`,
 * `90% - x`, `90% and y`. Everywhere else it is the remainder: `x % 5`, `90 % x`, `90%x`, `90%(x)`.
 */
export function scanNumber(text: string, start: number): Scanned | undefined {
  const radix = matchAt(RADIX, text, start);
  if (radix !== null) return radixInteger(radix[0], start);
  const match = matchAt(NUMBER, text, start);
  if (match === null) return undefined;
  const [whole, digits = "", fraction, unit] = match;
  const end = start + whole.length;
  if (!DECIMAL_DIGITS.test(digits) || (fraction !== undefined && !DECIMAL_DIGITS.test(fraction))) {
    return badLiteral("bad-number", `expected a digit on both sides of "_", found "${whole}"`, start, end);
  }
  if (/^0[0-9]/.test(digits)) {
    const help = `write "0o${digits.slice(1)}" for octal, "${digits.replace(/^0+(?=.)/, "")}" for decimal`;
    return badLiteral("bad-number", `expected a number without a leading zero, found "${whole}"`, start, end, help);
  }
  const number = new Decimal(digits.replaceAll("_", ""), (fraction ?? "").replaceAll("_", ""));
  if (unit !== undefined) return withUnit(number, unit, whole, start);
  if (text[end] === "%" && !OPERAND_AHEAD.test(text.slice(end + 1, end + 40))) {
    return goodLiteral({ kind: "percentage", value: Number(`${number.text}e-2`) }, end + 1);
  }
  if (fraction !== undefined) return goodLiteral({ kind: "decimal", value: Number(number.text) }, end);
  return integer(BigInt(digits.replaceAll("_", "")), whole, start);
}

/** The beginnings of an operand. `-` is not among them, so that `90% - x` is a difference. */
const OPERAND_AHEAD = /^\s*(?!(?:and|or|not|in)\b)(?:[A-Za-z0-9_"'([~]|!(?!=)|::)/;

/** An unsigned decimal number as written, for exact arithmetic. */
class Decimal {
  readonly text: string;
  readonly #digits: bigint;
  readonly #scale: bigint;

  constructor(digits: string, fraction: string) {
    this.text = fraction === "" ? digits : `${digits}.${fraction}`;
    this.#digits = BigInt(digits + fraction);
    this.#scale = 10n ** BigInt(fraction.length);
  }

  /** Returns the product, or undefined if it is not a whole number. */
  times(factor: bigint): bigint | undefined {
    const product = this.#digits * factor;
    return product % this.#scale === 0n ? product / this.#scale : undefined;
  }
}

function radixInteger(whole: string, start: number): Scanned {
  const base = whole.charAt(1);
  const digits = whole.slice(2);
  if (DIGITS[base]?.test(digits) !== true) {
    const name = { x: "hexadecimal", o: "octal", b: "binary" }[base] ?? "";
    const message = `expected ${name} digits after "${whole.slice(0, 2)}", found ${digits === "" ? "none" : `"${digits}"`}`;
    return badLiteral("bad-number", message, start, start + whole.length);
  }
  return integer(BigInt(`0${base}${digits.replaceAll("_", "")}`), whole, start);
}

function integer(value: bigint, whole: string, start: number): Scanned {
  return fits(value, { kind: "integer", value }, whole, start);
}

function fits(value: bigint, literal: Literal, whole: string, start: number): Scanned {
  const end = start + whole.length;
  if (value <= LARGEST) return goodLiteral(literal, end);
  return badLiteral("bad-number", `expected a number of at most 64 bits, found "${whole}"`, start, end);
}

function withUnit(number: Decimal, unit: string, whole: string, start: number): Scanned {
  const end = start + whole.length;
  const size = SIZE_UNITS.get(unit);
  const factor = DURATION_UNITS.get(unit) ?? size;
  if (factor === undefined) {
    const units = [...DURATION_UNITS.keys(), ...SIZE_UNITS.keys()];
    const help = helpForUnit(number.text, unit, units);
    return badLiteral("bad-number", `expected a unit, found "${unit}"`, end - unit.length, end, help);
  }
  const value = number.times(factor);
  if (value === undefined) {
    const smallest = size === undefined ? "nanoseconds" : "bytes";
    return badLiteral("bad-number", `expected a whole number of ${smallest}, found "${whole}"`, start, end);
  }
  const literal: Literal =
    size === undefined ? { kind: "duration", nanoseconds: value } : { kind: "size", bytes: value };
  return fits(value, literal, whole, start);
}
