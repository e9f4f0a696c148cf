import { visibleText } from "../../bpf/source/visible.ts";
import type { AlertValues, Confidence } from "../evaluate/alerts/alert.ts";
import { boundText } from "../evaluate/formula/bound-text.ts";
import { durationText } from "../text/duration-text.ts";
import { numberText } from "../text/number-text.ts";
import type { RuleSummary } from "./status-report.ts";

/**
 * The properties of a rule by which its values are shown: the names of durations, and the measures
 * of histograms in thresholds.
 */
export type ShownValues = Pick<RuleSummary, "durations" | "measures">;

/**
 * Formats values: `value 12, ratio no data`. A histogram shows its judged measures: `value p95
 * 260ms, count 12`.
 */
export function valuesText(values: AlertValues, { durations, measures }: ShownValues): string {
  return Object.entries(values)
    .map(([name, value]) => {
      const asked = (measures[name] ?? []).filter((measure) => measure !== "count");
      const numberOf = durations.includes(name) ? durationText : numberText;
      return `${name} ${valueText(value, asked.length > 0 ? asked : ["p99"], numberOf)}`;
    })
    .join(", ");
}

function valueText(
  value: AlertValues[string] | null,
  measures: readonly string[],
  numberOf: (value: number) => string,
): string {
  if (value === undefined || value === null) return "no data";
  if (typeof value === "number") return numberOf(value);
  const shown = Object.entries(value).flatMap(([name, number]) =>
    measures.includes(name) && typeof number === "number"
      ? [`${name} ${boundText(value.beyond?.[name], numberOf(number))}`]
      : [],
  );
  return [...shown, `count ${value.count}`].join(", ");
}

/** Formats labels so that they can be pasted as matchers: quotes and backslashes are escaped. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const shown = Object.entries(labels).map(([name, value]) => `${name}="${visibleText(quotable(value))}"`);
  return shown.length === 0 ? "" : `{${shown.join(", ")}}`;
}

/** Leaves what spells a byte (`\xNN`), which `visibleText` makes distinct. */
const quotable = (value: string): string => value.replaceAll(/"|\\(?!x[0-9a-f]{2})/g, "\\$&");

/** Describes what makes the counts unreliable. */
export function lostText({
  lostEvents,
  keysOverLimit,
  faultedReads,
  orphanedSpans,
  skippedRuns,
  lateTicks,
  leftOutRecords = 0,
  lostSpans = 0,
  unknownEvents = 0,
}: Confidence): string {
  const parts: readonly (readonly [number, string])[] = [
    [lostEvents, "events"],
    [keysOverLimit, "over the key limit"],
    [faultedReads, "faulted reads"],
    [orphanedSpans, "spans without an end"],
    [skippedRuns ?? 0, "skipped runs"],
    [lateTicks, "late ticks"],
    [leftOutRecords, "records beyond their user's share"],
    [lostSpans, "spans without room"],
    [unknownEvents, "events unknown"],
  ];
  return parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(", ") || "nothing";
}
