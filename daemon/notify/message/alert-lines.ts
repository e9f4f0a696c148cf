import { isDeepStrictEqual as isEqual } from "node:util";
import type { AlertEvent, AlertValues, DistributionValue } from "../../evaluate/alerts/alert.ts";
import { type Beyond, boundText } from "../../evaluate/formula/bound-text.ts";
import type { ShownUnit } from "../../evaluate/formula/shown-unit.ts";
import { shownText } from "../../evaluate/formula/shown-text.ts";
import { durationText } from "../../text/duration-text.ts";
import type { EventRecord } from "../../sample/sample.ts";
import { settingsLabelsOf, type Labels } from "../stages/alert-labels.ts";
import { doubtsOf } from "./doubts.ts";
import { judgedText, topKeyText } from "./lead-line.ts";
import { marksText } from "./record-marks.ts";
import { isDefaultSummary } from "./summary-text.ts";
import { timeText, timeTextNs, utcTimeOfDay } from "../../text/time-text.ts";

/**
 * Returns everything about an alert, one `Name: value` a line, for readers who have read the lead.
 *
 * @param above the alerts that are above it: information that it shares with one of them is left
 *   out
 */
export function alertLines(alert: AlertEvent, settingsLabels: Labels, above: readonly AlertEvent[]): readonly string[] {
  const isTopKnown = above.some(({ rule, topKeys }) => rule === alert.rule && isEqual(topKeys, alert.topKeys));
  return [
    ...(isDefaultSummary(alert) ? [] : [alert.summary]),
    "",
    ...line("Status", `${alert.status}, ${alert.level}`),
    ...judgedLines(alert),
    ...line("Reason", alert.reason),
    ...line("Since", timeText(alert.startsAtUnixMs)),
    ...line("Until", alert.endsAtUnixMs === undefined ? undefined : timeText(alert.endsAtUnixMs)),
    ...line("Rule", alert.description === undefined ? alert.rule : `${alert.rule}: ${alert.description}`),
    ...Object.entries({ ...settingsLabelsOf(alert, settingsLabels), ...alert.labels }).flatMap(([name, value]) =>
      line(name, value),
    ),
    ...lastLines(alert),
    ...(isTopKnown ? [] : topLines(alert)),
    ...valueLines(alert),
    ...(alert.evidence ?? []).flatMap((record) => line("Event", recordLine(record))),
    ...line("Runbook", alert.runbook),
    ...confidenceLines(alert),
  ];
}

function judgedLines({ judged }: AlertEvent): readonly string[] {
  return judged === undefined ? [] : line("Now", `${judgedText(judged)}, at ${timeText(judged.atUnixMs)}`);
}

/** Returns the last values that the threshold compared. */
function lastLines({ judged, lastValues = [], lastValuesFromUnixMs }: AlertEvent): readonly string[] {
  if (judged === undefined || lastValues.length === 0) return [];
  const { name, unit, beyond, atUnixMs } = judged;
  const [from, to] = [lastValuesFromUnixMs ?? atUnixMs, atUnixMs].map(utcTimeOfDay);
  // one number is one bound
  const boundOf = (value: number): Beyond | undefined => (value === judged.value ? beyond : undefined);
  const shown = lastValues.map((value) =>
    value === undefined ? "–" : boundText(boundOf(value), shownText(value, unit)),
  );
  const values = shown.join(beyond === undefined ? " " : ", ");
  return line("Last", `${name} ${from === to ? `at ${to}` : `from ${from} to ${to}`}: ${values}`);
}

/** Returns the worst keys. */
function topLines({ judged, topKeys = [] }: AlertEvent): readonly string[] {
  if (judged === undefined) return [];
  const { name, unit, worst, atUnixMs } = judged;
  return topKeys.flatMap((key, index) => {
    const title = index === 0 ? `${worst} ${name} at ${utcTimeOfDay(atUnixMs)}: ` : "";
    return line("Top", `${title}${topKeyText(key, unit)}`);
  });
}

function valueLines({ values, units = {} }: AlertEvent): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => line(name, valueText(value, units[name] ?? "number")));
}

function valueText(value: AlertValues[string], unit: ShownUnit): string {
  if (value === undefined) return "no data";
  return typeof value === "number" ? shownText(value, unit) : distributionText(value, unit);
}

function distributionText(value: DistributionValue, unit: ShownUnit): string {
  const { count, mean, p50, p90, p95, p99, p999 } = value;
  const shown = Object.entries({ mean, p50, p90, p95, p99, p999 }).map(([name, one]) => {
    if (one === null) return `${name} no data`;
    return `${name} ${boundText(value.beyond?.[name], shownText(one, unit))}`;
  });
  return [`count ${shownText(count, "number")}`, ...shown].join(", ");
}

function confidenceLines({ confidence }: AlertEvent): readonly string[] {
  return doubtsOf(confidence).flatMap(({ name, count, what }) => line(name, `${count} ${what}`));
}

function line(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`${`${name}:`.padEnd(10)} ${value}`];
}

/** Returns a record as one line: its time, then its fields. */
export function recordLine(record: EventRecord): string {
  const { timeNs, fields, durations = [] } = record;
  const shown = Object.entries(fields).map(([name, value]) => {
    const isDuration = durations.includes(name) && typeof value === "number";
    return `${name}=${isDuration ? durationText(value) : JSON.stringify(value)}`;
  });
  return `${timeTextNs(timeNs)}  ${shown.join(" ")}${marksText(record)}`;
}
