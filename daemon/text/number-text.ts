/**
 * Formats a number for people: whole numbers in plain digits, others with four significant digits
 * (`0.731`, `12.35`), and without a fraction from 1000 up. Only numbers below 0.000001 have an
 * exponent.
 */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return BigInt(Math.round(value)).toString();
  return String(Number(value.toPrecision(4)));
}

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/**
 * Formats bytes in the largest unit that leaves at least 1, with at least three significant digits:
 * `4KiB`, `1.46MiB`.
 */
export function bytesText(bytes: number): string {
  const power = Math.max(0, Math.min(BINARY_UNITS.length - 1, Math.floor(Math.log2(Math.abs(bytes) || 1) / 10)));
  return `${numberText(threeDigits(bytes / 1024 ** power))}${BINARY_UNITS[power]}`;
}

/** Formats a ratio in percent with at least three significant digits: 0.731 is `73.1%`. */
export function percentText(ratio: number): string {
  return `${numberText(threeDigits(ratio * 100))}%`;
}

function threeDigits(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
