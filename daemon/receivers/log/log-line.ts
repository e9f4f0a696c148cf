import { visibleText } from "../../../bpf/source/visible.ts";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import { labelsText } from "../../text/labels-text.ts";
import { durationText } from "../../text/duration-text.ts";
import { spellsEscape } from "../../sample/decode-text.ts";
import type { EventRecord } from "../../sample/sample.ts";
import { settingsLabelsOf, type Labels } from "../../notify/stages/alert-labels.ts";
import { jsonLine } from "../../text/json-line.ts";
import { judgedBody } from "../../notify/message/judged-body.ts";
import { MARK_NAMES, marksText, recordMarks } from "../../notify/message/record-marks.ts";
import { timeOfDay, timeText, timeTextNs } from "../../text/time-text.ts";
import { bareSummary, isDefaultSummary } from "../../notify/message/summary-text.ts";
import { STYLES } from "../../../bpf/source/terminal-style.ts";

/**
 * Returns a record's line: `{"time":...,"rule":...,LABELS,FIELDS}`, with RFC 3339 and nanoseconds
 * first. `truncated`, `escaped` and `unreadable` name fields, if there are such fields. A field
 * that has the name of one of these or of a label gets a `_` at its end, so that neither hides the
 * other.
 */
export function eventLine(record: EventRecord, labels: Labels): string {
  const { rule, timeNs, fields } = record;
  const line: Record<string, unknown> = { time: timeTextNs(timeNs), rule, ...labels };
  for (const [name, value] of Object.entries(fields)) {
    let free = name;
    while (Object.hasOwn(line, free) || MARK_NAMES.includes(free)) free += "_";
    line[free] = value;
  }
  return jsonLine({ ...line, ...recordMarks(record) });
}

/** Returns the line of one change of an alert: `{"time":...,"rule":...,"alert":"firing",...}`. */
export function alertLine(alert: AlertEvent, labels: Labels, nowUnixMs: number): string {
  return jsonLine({
    time: timeText(nowUnixMs),
    rule: alert.rule,
    alert: alert.status,
    severity: alert.level,
    labels: { ...settingsLabelsOf(alert, labels), ...alert.labels },
    summary: alert.summary,
    reason: alert.reason,
    values: Object.fromEntries(Object.entries(alert.values).map(([name, value]) => [name, value ?? null])),
    starts_at: timeText(alert.startsAtUnixMs),
    ...(alert.endsAtUnixMs === undefined ? {} : { ends_at: timeText(alert.endsAtUnixMs) }),
    ...(alert.judged !== undefined && { judged: judgedBody(alert.judged) }),
    ...(alert.units !== undefined && { units: alert.units }),
    confidence: alert.confidence,
    ...(alert.lastValues !== undefined && { last_values: alert.lastValues.map((value) => value ?? null) }),
    ...(alert.lastValuesFromUnixMs !== undefined && { last_values_from: timeText(alert.lastValuesFromUnixMs) }),
    ...(alert.topKeys !== undefined && { top_keys: alert.topKeys }),
    ...(alert.evidence !== undefined && {
      evidence: alert.evidence.map((record) => ({
        time: timeTextNs(record.timeNs),
        ...recordMarks(record),
        ...record.fields,
      })),
    }),
  });
}

const COLORS = { firing: STYLES.red, resolved: STYLES.green, event: STYLES.cyan, dim: STYLES.dim } as const;

const colored = (color: keyof typeof COLORS, text: string): string => COLORS[color](text);

/**
 * Returns a record for a terminal: `20:41:03 bash-audit command="ls" uid=0`; control characters are
 * shown, never sent.
 */
export function eventForTerminal(record: EventRecord): string {
  const { rule, timeNs, fields, durations = [], escaped = [] } = record;
  const shown = Object.entries(fields).map(([name, value]) => {
    if (typeof value === "object" && value !== null) return `${colored("dim", `${name}=`)}${frames(value)}`;
    const isDuration = durations.includes(name) && typeof value === "number";
    const distinct = typeof value === "string" && !escaped.includes(name) ? spellsEscape(value) : value;
    const text = typeof value === "string" ? `"${distinct}"` : isDuration ? durationText(value) : String(value);
    return `${colored("dim", `${name}=`)}${visibleText(text)}`;
  });
  return `${clock(Number(timeNs / 1_000_000n))} ${colored("event", rule)}  ${shown.join(" ")}${marksText(record)}`;
}

/** Returns a stack for a terminal: each frame on a line of its own. */
function frames(stack: readonly string[]): string {
  return stack.map((frame) => `\n    ${visibleText(frame)}`).join("");
}

/**
 * Returns an alert for a terminal: `20:41:03 FIRING critical page-cache  summary {comm="dd"}
 * reason`.
 */
export function alertForTerminal(alert: AlertEvent, nowUnixMs: number): string {
  const status = alert.status === "firing" ? `FIRING ${alert.level}` : "RESOLVED";
  const summary = bareSummary(alert);
  const labels = labelsText(alert.labels);
  // The default summary is the reason.
  const reason = isDefaultSummary(alert) ? "" : `  ${colored("dim", visibleText(alert.reason))}`;
  const shown = [
    colored(alert.status, status),
    `${alert.rule} `,
    visibleText(summary),
    ...(labels === "" ? [] : [visibleText(labels)]),
  ];
  return `${clock(nowUnixMs)} ${shown.join(" ")}${reason}`;
}

function clock(unixMs: number): string {
  return colored("dim", timeOfDay(unixMs));
}
