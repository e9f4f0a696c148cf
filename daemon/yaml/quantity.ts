import { DURATION_UNITS, SIZE_UNITS } from "../../bpf/language/number.ts";

const DURATION = new RegExp(`^(?:[0-9]+(?:${[...DURATION_UNITS.keys()].join("|")}))+$`);

/** True if a text that no schema has checked is a duration, such as `1h30m` or `500us`. */
export const isDuration = (text: string): boolean => DURATION.test(text);

/** Reads `1h30m` as nanoseconds. The schema has checked the form; other texts give 0. */
export function durationNs(text: string): bigint {
  return total(text, DURATION_UNITS);
}

/** Reads `1h30m` as milliseconds, rounded up: a duration above 0 never becomes 0. */
export function durationMs(text: string): number {
  return Number((durationNs(text) + 999_999n) / 1_000_000n);
}

/** Reads `64MiB`, or a bare number of bytes. */
export function sizeBytes(text: string): number {
  return /^[0-9]+$/.test(text) ? Number(text) : Number(total(text, SIZE_UNITS));
}

function total(text: string, units: ReadonlyMap<string, bigint>): bigint {
  let sum = 0n;
  for (const [, digits = "0", unit = ""] of text.matchAll(/(?<![0-9])([0-9]+)([a-zA-Z]+)/g)) {
    sum += BigInt(digits) * (units.get(unit) ?? 0n);
  }
  return sum;
}
