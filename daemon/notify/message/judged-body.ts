import type { JudgedValue, PeakValue } from "../../evaluate/alerts/alert.ts";
import { timeText } from "../../text/time-text.ts";

/** Returns the value that a threshold compares, for programs. */
export function judgedBody({ name, unit, value, beyond, operator, limit, worst, peak, atUnixMs }: JudgedValue): object {
  return {
    ...{ name, unit, value: value ?? null, at: timeText(atUnixMs), worst },
    ...(beyond !== undefined && { beyond }),
    ...(operator !== undefined && { operator, limit: limit ?? null }),
    ...(peak !== undefined && { peak: peakBody(peak) }),
  };
}

function peakBody({ value, beyond, atUnixMs }: PeakValue): object {
  return { value, ...(beyond !== undefined && { beyond }), at: timeText(atUnixMs) };
}
