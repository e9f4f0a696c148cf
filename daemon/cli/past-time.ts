import { hostClock } from "../service/clock.ts";
import { timeText } from "../text/time-text.ts";
import { durationMs, isDuration } from "../yaml/quantity.ts";

/** A time on the command line that cannot be read. */
export class WrongTime extends Error {}

/** A day, or a time of it, in the local time zone or with an offset. */
const TIME = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/i;

/**
 * Returns a time of the past as RFC 3339: a duration such as `24h` counts back from now. Throws
 * WrongTime.
 */
export function pastTime(option: string, text: string): string {
  if (isDuration(text)) return timeText(hostClock().unixMs() - durationMs(text));
  // Without a time of day, JavaScript takes a date for UTC.
  const unixMs = TIME.test(text) ? Date.parse(text.includes(":") ? text : `${text}T00:00`) : NaN;
  if (!Number.isNaN(unixMs)) return timeText(unixMs);
  throw new WrongTime(
    `${option}: expected a duration such as "24h" or a time such as "2026-11-26T22:00:00Z", found "${text}"`,
  );
}
