import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import { shownText } from "../../evaluate/formula/shown-text.ts";
import { utcTimeOfDay } from "../../text/time-text.ts";

/** The value of an alert over time, as a picture and a line of text show it. */
export interface ValueChart {
  /** the oldest first; undefined is no data */
  readonly values: readonly (number | undefined)[];
  readonly lowest: number;
  readonly highest: number;
  readonly limit: number | undefined;
  /** what the chart shows, in words: `p99 from 08:00:43Z to 08:01:02Z: 1.1ms to 30.4ms` */
  readonly caption: string;
}

/** Fewer values are no course. */
const FEWEST = 3;

/** Returns the chart of an alert; undefined if too few values are known. */
export function valueChart({ judged, lastValues = [], lastValuesFromUnixMs }: AlertEvent): ValueChart | undefined {
  const known = lastValues.filter((value) => value !== undefined).filter(Number.isFinite);
  if (judged === undefined || known.length < FEWEST) return undefined;
  const { name, unit, limit, atUnixMs } = judged;
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  const shown = (value: number): string => shownText(value, unit);
  const range = lowest === highest ? shown(lowest) : `${shown(lowest)} to ${shown(highest)}`;
  const times = `from ${utcTimeOfDay(lastValuesFromUnixMs ?? atUnixMs)} to ${utcTimeOfDay(atUnixMs)}`;
  const isLimited = limit !== undefined && Number.isFinite(limit);
  return {
    ...{ values: lastValues, lowest, highest, limit: isLimited ? limit : undefined },
    caption: `${name} ${times}: ${range}${isLimited ? `, threshold ${shown(limit)}` : ""}`,
  };
}

const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** Returns the course as one line of characters; a space is no data. */
export function sparkline({ values, lowest, highest }: ValueChart): string {
  const bar = (value: number | undefined): string => {
    if (value === undefined || !Number.isFinite(value)) return " ";
    const part = highest === lowest ? 0.5 : (value - lowest) / (highest - lowest);
    return BARS[Math.min(BARS.length - 1, Math.floor(part * BARS.length))] ?? " ";
  };
  return values.map(bar).join("");
}
