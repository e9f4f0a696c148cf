import { durationText } from "../../text/duration-text.ts";
import { bytesText, numberText, percentText } from "../../text/number-text.ts";
import type { ShownUnit } from "./shown-unit.ts";

/**
 * Returns a number as people read it in a message: `260ms`, `73.1%`, `604/s`, `4KiB`; about three
 * significant digits.
 */
export function shownText(value: number, unit: ShownUnit): string {
  return TEXTS[unit](value);
}

const TEXTS: Readonly<Record<ShownUnit, (value: number) => string>> = {
  number: plainText,
  ratio: percentText,
  bytes: bytesText,
  nanoseconds: durationText,
  number_per_second: (value) => `${plainText(value)}/s`,
  bytes_per_second: (value) => `${bytesText(value)}/s`,
  nanoseconds_per_second: (value) => `${durationText(value)}/s`,
};

function plainText(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return numberText(Math.round(value));
  return numberText(Number(value.toPrecision(3)));
}
