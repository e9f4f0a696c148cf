import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import { jsonLine } from "../text/json-line.ts";
import { recordMarks } from "../notify/message/record-marks.ts";
import { timeText, timeTextNs } from "../text/time-text.ts";
import type { EventRecord } from "../sample/sample.ts";
import type { RankedSample } from "./trial-history.ts";
import type { TrialOutput, TrialTotals } from "./trial-output.ts";

export interface JsonOptions {
  readonly write: (text: string) => void;
  readonly writeTrouble: (text: string) => void;
}

/**
 * Writes a trial as JSON Lines, as schemas/try.schema.json describes them: a sample for each rule
 * and tick, and the events between.
 */
export function jsonOutput({ write, writeTrouble }: JsonOptions): TrialOutput {
  const print = (lines: readonly object[]): void => {
    if (lines.length > 0) write(`${lines.map(jsonLine).join("\n")}\n`);
  };
  const samples = (all: readonly RankedSample[], nowUnixMs: number): readonly object[] =>
    all.map((sample) => sampleLine(sample, nowUnixMs));
  return {
    started: (rules, nowUnixMs) =>
      print(
        rules.map(({ rule, probes }) => ({ type: "attached", time: timeText(nowUnixMs), rule: rule.name, probes })),
      ),
    records: (records) => print(records.map(recordLine)),
    alerts: (events, nowUnixMs) => print(events.map((event) => alertLine(event, nowUnixMs))),
    samples: (all, _totals, nowUnixMs) => print(samples(all, nowUnixMs)),
    trouble: (message) => writeTrouble(`${message}\n`),
    ended: (all, totals, nowUnixMs) => print([...samples(all, nowUnixMs), endLine(totals, nowUnixMs)]),
  };
}

function recordLine(record: EventRecord): object {
  const { rule, timeNs, fields } = record;
  return {
    type: "event",
    time: timeTextNs(timeNs),
    rule,
    fields,
    ...recordMarks(record),
  };
}

function alertLine(alert: AlertEvent, nowUnixMs: number): object {
  const { rule, status, level, labels, summary, reason, values, startsAtUnixMs, endsAtUnixMs, confidence } = alert;
  return {
    type: "alert",
    time: timeText(nowUnixMs),
    rule,
    alert: status,
    severity: level,
    labels,
    summary,
    reason,
    values: whole(values),
    starts_at: timeText(startsAtUnixMs),
    ...(endsAtUnixMs !== undefined && { ends_at: timeText(endsAtUnixMs) }),
    confidence,
  };
}

function sampleLine({ rule, rows, confidence, degraded }: RankedSample, nowUnixMs: number): object {
  return {
    type: "sample",
    time: timeText(nowUnixMs),
    rule: rule.name,
    keys: rows.map(({ view }) => keyObject(view)),
    confidence,
    ...(degraded !== undefined && { degraded }),
  };
}

function keyObject({ labels, values, state, level, reason }: AlertView): object {
  return { labels, values: whole(values), state, ...(level !== undefined && { severity: level }), reason };
}

/** Converts undefined, which JSON omits, to null: it means no data. */
function whole(values: AlertView["values"]): object {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? null]));
}

function endLine({ elapsedMs, records, fired, resolved }: TrialTotals, nowUnixMs: number): object {
  return {
    type: "end",
    time: timeText(nowUnixMs),
    elapsed_ms: Math.round(elapsedMs),
    events: records,
    fired,
    resolved,
  };
}
