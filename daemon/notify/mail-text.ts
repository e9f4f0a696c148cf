import { createHash } from "node:crypto";
import { visible } from "../../bpf/source/visible.ts";
import type { AlertEvent, AlertValues } from "../evaluate/alert.ts";
import type { EventRecord } from "../sample/sample.ts";
import type { Labels } from "./alert-labels.ts";
import type { AlertsContent, Delivery } from "./delivery.ts";
import type { Mail } from "./mail-transport.ts";
import { numberText } from "./number-text.ts";
import { timeText, timeTextNs } from "./time-text.ts";
import { summaryText } from "./summary-text.ts";

const MAX_SUBJECT = 200;

/** A mail without its recipients. Its message id is the delivery's: the same on every attempt, and no other mail's. */
export function mailOf({ id, content }: Delivery, from: string, settingsLabels: Labels): Omit<Mail, "to"> {
  const domain = /@([A-Za-z0-9.-]+)>?$/.exec(from)?.[1] ?? "bpfwarden.invalid";
  const messageId = `<${id}@${domain}>`;
  const host = settingsLabels["instance"] === undefined ? "" : ` (${settingsLabels["instance"]})`;
  if (content.kind === "events") {
    const count = content.events.length + content.omitted;
    const subject = subjectLine(`[EVENTS] ${content.rule}: ${count} ${count === 1 ? "event" : "events"}${host}`);
    const lines = content.events.map(recordLine);
    const omitted = content.omitted === 0 ? [] : [`${content.omitted} more are left out.`];
    return { from, subject, text: bodyOf([...lines, ...omitted]), messageId, references: [] };
  }
  const { alerts, news, group, openedAtUnixMs } = content;
  const [first, ...others] = alerts.slice(0, Math.max(1, news));
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const status = alerts.some((alert) => alert.status === "firing") ? "FIRING" : "RESOLVED";
  const text = bodyOf([
    ...alerts.flatMap((alert, index) => [
      ...(index === news ? ["Others of the group that fire:", ""] : []),
      ...alertLines(alert, settingsLabels),
      "",
    ]),
    ...notesOf(content),
  ]);
  const subject = subjectLine(
    `[${status}] ${content.rule}: ${first === undefined ? "" : summaryText(first)}${more}${host}`,
  );
  return { from, subject, text, messageId, ...threadOf(`${group.key} ${openedAtUnixMs}`, settingsLabels, domain) };
}

function notesOf({ truncated, suppressed, reason }: AlertsContent): readonly string[] {
  return [
    ...(reason === "repeat interval elapsed" ? ["Nothing has changed since the last mail of these alerts."] : []),
    ...(truncated === 0 ? [] : [`${truncated} more alerts are left out.`]),
    ...(suppressed === 0 ? [] : [`${suppressed} earlier changes were held back by the budget and are in no mail.`]),
  ];
}

/**
 * The thread of a group of alerts, from its first alert until the group is empty: each of its mails answers one root that is made of the
 * group and its start, so that nothing need be remembered. The root itself is never sent: mail programs thread by the ids that mails
 * refer to, whether there is a mail of that id or not (RFC 5256, "REFERENCES").
 */
function threadOf(group: string, settingsLabels: Labels, domain: string): Pick<Mail, "inReplyTo" | "references"> {
  const root = `<${digest(`${JSON.stringify(settingsLabels)} ${group}`)}@${domain}>`;
  return { inReplyTo: root, references: [root] };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** One line of visible characters: what an alert quotes may come from anyone. */
function subjectLine(text: string): string {
  const shown = visible(text.replace(/\s+/g, " "))
    .replace(/\\(x[0-9a-f]{2}|u\{[0-9a-f]+\})/g, "")
    .trim();
  return shown.length <= MAX_SUBJECT ? shown : `${shown.slice(0, MAX_SUBJECT - 1)}…`;
}

function bodyOf(lines: readonly string[]): string {
  return `${lines.map(visible).join("\n").trimEnd()}\n`;
}

function alertLines(alert: AlertEvent, settingsLabels: Labels): readonly string[] {
  const { confidence } = alert;
  return [
    alert.summary,
    "",
    ...line("Status", `${alert.status}, ${alert.level}`),
    ...line("Reason", alert.reason),
    ...line("Since", timeText(alert.startsAtUnixMs)),
    ...line("Until", alert.endsAtUnixMs === undefined ? undefined : timeText(alert.endsAtUnixMs)),
    ...line("Rule", alert.description === undefined ? alert.rule : `${alert.rule}: ${alert.description}`),
    ...Object.entries({ ...settingsLabels, ...alert.labels }).flatMap(([name, value]) => line(name, value)),
    ...Object.entries(alert.values).flatMap(([name, value]) => line(name, valueText(value))),
    ...line("Last", alert.lastValues?.map((value) => (value === undefined ? "–" : numberText(value))).join(" ")),
    ...(alert.topKeys ?? []).flatMap(({ labels, value }) =>
      line("Top", `${numberText(value)}  ${Object.values(labels).join(", ")}`),
    ),
    ...(alert.evidence ?? []).flatMap((record) => line("Event", recordLine(record))),
    ...line("Runbook", alert.runbook),
    ...line("Lost", counted(confidence.lostEvents, "events")),
    ...line("Keys", counted(confidence.keysOverLimit, "over the limit")),
    ...line("Reads", counted(confidence.faultedReads, "faulted")),
    ...line("Spans", counted(confidence.orphanedSpans, "without an end")),
    ...line("Runs", counted(confidence.skippedRuns ?? 0, "skipped by the kernel")),
  ];
}

function counted(count: number, what: string): string | undefined {
  return count === 0 ? undefined : `${count} ${what}`;
}

function line(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`${`${name}:`.padEnd(10)} ${value}`];
}

function valueText(value: AlertValues[string]): string {
  if (value === undefined) return "no data";
  if (typeof value === "number") return numberText(value);
  const { count, mean, p50, p90, p95, p99, p999 } = value;
  const shown = Object.entries({ count, mean, p50, p90, p95, p99, p999 });
  return shown.map(([name, one]) => `${name} ${one === null ? "no data" : numberText(one)}`).join(", ");
}

function recordLine({ timeNs, fields }: EventRecord): string {
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${timeTextNs(timeNs)}  ${shown.join(" ")}`;
}
