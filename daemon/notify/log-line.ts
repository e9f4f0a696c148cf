import { visible } from "../../bpf/source/visible.ts";
import type { AlertEvent } from "../evaluate/alert.ts";
import type { EventRecord } from "../sample/sample.ts";
import type { Labels } from "./alert-labels.ts";
import { jsonLine } from "./json-line.ts";
import { timeOfDay, timeText, timeTextNs } from "./time-text.ts";
import { summaryText } from "./summary-text.ts";

/**
 * `{"time":...,"rule":...,LABELS,FIELDS}`: RFC 3339 with nanoseconds first. `truncated` and `escaped` name fields, where there
 * are such. A field that has the name of one of these or of a label gets a `_` behind, so that neither hides the other.
 */
export function eventLine({ rule, timeNs, fields, truncated, escaped = [] }: EventRecord, labels: Labels): string {
  const line: Record<string, unknown> = { time: timeTextNs(timeNs), rule, ...labels };
  for (const [name, value] of Object.entries(fields)) {
    let free = name;
    while (Object.hasOwn(line, free) || free === "truncated" || free === "escaped") free += "_";
    line[free] = value;
  }
  if (truncated.length > 0) line["truncated"] = truncated;
  if (escaped.length > 0) line["escaped"] = escaped;
  return jsonLine(line);
}

/** `{"time":...,"rule":...,"alert":"firing",...}`: one change of an alert. */
export function alertLine(alert: AlertEvent, labels: Labels, nowUnixMs: number): string {
  return jsonLine({
    time: timeText(nowUnixMs),
    rule: alert.rule,
    alert: alert.status,
    severity: alert.level,
    labels: { ...labels, ...alert.labels },
    summary: alert.summary,
    reason: alert.reason,
    values: Object.fromEntries(Object.entries(alert.values).map(([name, value]) => [name, value ?? null])),
    starts_at: timeText(alert.startsAtUnixMs),
    ...(alert.endsAtUnixMs === undefined ? {} : { ends_at: timeText(alert.endsAtUnixMs) }),
    confidence: alert.confidence,
    ...(alert.lastValues !== undefined && { last_values: alert.lastValues.map((value) => value ?? null) }),
    ...(alert.topKeys !== undefined && { top_keys: alert.topKeys }),
    ...(alert.evidence !== undefined && {
      evidence: alert.evidence.map(({ timeNs, fields }) => ({ time: timeTextNs(timeNs), ...fields })),
    }),
  });
}

const COLORS = { firing: "31", resolved: "32", event: "36", dim: "2" } as const;

function colored(color: keyof typeof COLORS, text: string): string {
  return `\u001b[${COLORS[color]}m${text}\u001b[0m`;
}

/** A record for a terminal: `20:41:03 bash-audit  command="ls" uid=0`; control characters are shown, never sent. */
export function eventForTerminal({ rule, timeNs, fields }: EventRecord): string {
  const shown = Object.entries(fields).map(([name, value]) => {
    if (typeof value === "object" && value !== null) return `${colored("dim", `${name}=`)}${frames(value)}`;
    const text = typeof value === "string" ? `"${value}"` : String(value);
    return `${colored("dim", `${name}=`)}${visible(text)}`;
  });
  return `${clock(Number(timeNs / 1_000_000n))} ${colored("event", rule)}  ${shown.join(" ")}`;
}

/** A stack for a terminal: each frame on a line of its own. */
function frames(stack: readonly string[]): string {
  return stack.map((frame) => `\n    ${visible(frame)}`).join("");
}

/** An alert for a terminal: `20:41:03 FIRING critical page-cache  summary`. */
export function alertForTerminal(alert: AlertEvent, nowUnixMs: number): string {
  const status = alert.status === "firing" ? `FIRING ${alert.level}` : "RESOLVED";
  const summary = summaryText(alert);
  // The default summary is the reason.
  const reason = summary.endsWith(alert.reason) ? "" : `  ${colored("dim", visible(alert.reason))}`;
  return `${clock(nowUnixMs)} ${colored(alert.status, status)} ${alert.rule}  ${visible(summary)}${reason}`;
}

function clock(unixMs: number): string {
  return colored("dim", timeOfDay(unixMs));
}
