import { createHash } from "node:crypto";
import { cutVisible, visibleText } from "../../../bpf/source/visible.ts";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Labels } from "../../notify/stages/alert-labels.ts";
import type { AlertsContent, Delivery, EventsContent } from "../../notify/queue/delivery.ts";
import type { Mail } from "./mail-transport.ts";
import { leadOf, overviewOf, shortLead } from "../../notify/message/lead-line.ts";
import { alertLines, recordLine } from "../../notify/message/alert-lines.ts";
import { byStatus, mostSevereFirst } from "../../notify/message/by-status.ts";
import { alertsSubject, eventsSubject, heldText, subjectText } from "../../notify/message/subject.ts";

const MAX_SUBJECT = 200;
/** The most alerts that are described; each of the others has one line. */
const MAX_DESCRIBED = 100;

/**
 * Returns a mail without its recipients. Its message id is the delivery's: the same on every
 * attempt, and different from that of every other mail.
 */
export function mailOf(
  { id, content }: Pick<Delivery, "id" | "content">,
  from: string,
  settingsLabels: Labels,
): Omit<Mail, "to"> {
  const domain = /@([A-Za-z0-9.-]+)>?$/.exec(from)?.[1] ?? "bpfwarden.invalid";
  const messageId = `<${id}@${domain}>`;
  const host = settingsLabels["instance"] === undefined ? "" : ` (${settingsLabels["instance"]})`;
  if (content.kind === "events") {
    const subject = subjectLine(`${subjectText(eventsSubject(content))}${host}`);
    const lines = content.events.map(recordLine);
    return { from, subject, text: bodyOf([...lines, ...digestNotes(content)]), messageId, references: [] };
  }
  const { group, openedAtUnixMs } = content;
  const subject = subjectLine(`${subjectText(alertsSubject(content))}${host}`);
  const text = bodyOf(alertsBody(content, settingsLabels));
  return { from, subject, text, messageId, ...threadOf(`${group.key} ${openedAtUnixMs}`, settingsLabels, domain) };
}

/**
 * Returns the lines of the mail, the most important first: for several alerts one line each, then
 * the details of each.
 */
function alertsBody(content: AlertsContent, settingsLabels: Labels): readonly string[] {
  const { alerts, news } = content;
  const { firing: fresh, ended } = byStatus(alerts.slice(0, news));
  const firing = mostSevereFirst(fresh);
  const others = mostSevereFirst(alerts.slice(news));
  const notes = notesOf(content);
  const all = [...firing, ...others, ...ended];
  const details = all
    .slice(0, MAX_DESCRIBED)
    .flatMap((alert, index) => [
      leadOf(alert, settingsLabels),
      ...alertLines(alert, settingsLabels, all.slice(0, index)),
      "",
    ]);
  if (all.length < 2) return [...details, ...notes];
  return [
    overviewOf(all, settingsLabels),
    ...section("", firing),
    ...section(firing.length > 0 ? "Others of the group that fire:" : "", others),
    ...section("", ended),
    ...(notes.length > 0 ? ["", ...notes] : []),
    "",
    ...(all.length > MAX_DESCRIBED ? [`The first ${MAX_DESCRIBED} of the ${all.length} alerts above:`, ""] : []),
    ...details,
  ];
}

function section(title: string, alerts: readonly AlertEvent[]): readonly string[] {
  if (alerts.length === 0) return [];
  return ["", ...(title === "" ? [] : [title]), ...alerts.map(shortLead)];
}

function digestNotes(content: EventsContent): readonly string[] {
  const { omitted, heldMs } = content;
  return [
    ...(omitted === 0 ? [] : ["", `${omitted} more${heldText(content)} are left out.`]),
    ...(heldMs === undefined ? [] : ["The budget held them back: notify.budget is messages an hour."]),
  ];
}

function notesOf({ truncated, suppressed, reason }: AlertsContent): readonly string[] {
  return [
    ...(reason === "repeat interval elapsed"
      ? ["This is a repeat: nothing has begun or ended since the last mail of these alerts. The values are new."]
      : []),
    ...(truncated === 0 ? [] : [`${truncated} more alerts of the group fire; earlier mails listed them.`]),
    ...(suppressed === 0 ? [] : [`${suppressed} earlier changes were held back by the budget and are in no mail.`]),
  ];
}

/**
 * Returns the thread of a group of alerts, from its first alert until the group is empty. Each of
 * its mails answers one root. The root's id is made of the group and its start, so that nothing
 * must be remembered. The root itself is never sent: mail programs thread by the ids that mails
 * refer to, whether a mail with that id exists or not (RFC 5256, "REFERENCES").
 */
function threadOf(group: string, settingsLabels: Labels, domain: string): Pick<Mail, "inReplyTo" | "references"> {
  const root = `<${digest(`${JSON.stringify(settingsLabels)} ${group}`)}@${domain}>`;
  return { inReplyTo: root, references: [root] };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Returns one line of visible characters: an alert may quote texts from anyone. */
function subjectLine(text: string): string {
  return cutVisible(visibleText(text.replace(/\s+/g, " ").trim()), MAX_SUBJECT);
}

function bodyOf(lines: readonly string[]): string {
  return `${lines.map(visibleText).join("\n").trimEnd()}\n`;
}
