import { visibleText } from "../../../bpf/source/visible.ts";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import type { AlertsContent, DeliveryContent, EventsContent } from "../queue/delivery.ts";
import { alertLabels, commonLabels, type Labels } from "../stages/alert-labels.ts";
import { DRILL_LABEL } from "../stages/group.ts";
import { alertLines, recordLine } from "./alert-lines.ts";
import { byStatus, mostSevereFirst } from "./by-status.ts";
import { confidenceText } from "./doubts.ts";
import { leadOf, overviewOf, shortLead } from "./lead-line.ts";
import { silenceCommand } from "./silence-command.ts";
import { alertsSubject, eventsSubject, heldText, type Subject } from "./subject.ts";

/** The severity as the color of a message shows it. */
export type Tone = Level | "resolved" | "records";

/**
 * A message for people in a chat, without the markup of a service. Texts are visible characters on
 * one line. All but `state`, `rule`, `host` and `runbook` may quote anyone, so a service must get
 * them as text that it does not interpret.
 */
export interface ChatMessage extends Subject {
  readonly tone: Tone;
  readonly host: string | undefined;
  /** one line: value, threshold, labels, host, since when */
  readonly lead: string;
  /** a URL of the rule */
  readonly runbook: string | undefined;
  readonly confidence: string | undefined;
  readonly notes: readonly string[];
  /** a command that silences the alerts */
  readonly silence: string | undefined;
  /** one line each, the most important first; empty if `lead` says it all */
  readonly items: readonly string[];
  /** the labels that all alerts share */
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly description: string | undefined;
  /** everything about the first alerts, for a place that is not in the way */
  readonly details: readonly string[];
}

/** The most alerts with details. */
const MAX_DETAILED = 5;

export function chatMessage(content: DeliveryContent, settingsLabels: Labels): ChatMessage {
  const message = content.kind === "alerts" ? ofAlerts(content, settingsLabels) : ofRecords(content, settingsLabels);
  return {
    ...message,
    rule: visibleText(message.rule),
    what: visibleText(message.what),
    host: settingsLabels["instance"] && visibleText(settingsLabels["instance"]),
    lead: visibleText(message.lead),
    runbook: urlOf(message.runbook),
    items: message.items.map(visibleText),
    labels: message.labels.map(([name, value]) => [visibleText(name), visibleText(value)] as const),
    description: message.description === undefined ? undefined : visibleText(message.description),
    details: message.details.map(visibleText),
  };
}

function ofAlerts(content: AlertsContent, settingsLabels: Labels): Omit<ChatMessage, "host"> {
  const all = byImportance(content);
  const [first] = all;
  const [worst] = mostSevereFirst(byStatus(all).firing);
  const isDrill = first?.labels[DRILL_LABEL] !== undefined;
  return {
    ...subjectOf(content, isDrill),
    tone: worst?.level ?? "resolved",
    lead: first === undefined ? "" : all.length === 1 ? leadOf(first, settingsLabels) : overviewOf(all, settingsLabels),
    runbook: all.find(({ runbook }) => runbook !== undefined)?.runbook,
    confidence: first && confidenceText(first.confidence),
    notes: notesOf(content),
    silence: isDrill ? undefined : silenceOf(byStatus(all).firing),
    items: all.length === 1 ? [] : all.map(shortLead),
    labels: Object.entries(commonLabels(all.map((alert) => alertLabels(alert, settingsLabels)))),
    description: all.find(({ description }) => description !== undefined)?.description,
    details: detailsOf(all, settingsLabels),
  };
}

/**
 * Returns the subject of the whole group, the worst alert first: an edited message shows its state.
 * If the only news are ends, they are in it.
 */
function subjectOf(content: AlertsContent, isDrill: boolean): Subject {
  const { alerts, news } = content;
  const hasFired = alerts.slice(0, news).some(({ status }) => status === "firing");
  const { state, rule, what } = alertsSubject(hasFired ? { ...content, news: alerts.length } : content);
  return isDrill
    ? { rule, state: `DRILL: ${state}`, what: what.replace(`DRILL: ${rule}: `, "") }
    : { rule, state, what };
}

/** Returns the most severe first, of equally severe ones the news, and then those that have ended. */
function byImportance({ alerts, news }: AlertsContent): readonly AlertEvent[] {
  const fresh = byStatus(alerts.slice(0, news));
  const others = byStatus(alerts.slice(news));
  return [...mostSevereFirst([...fresh.firing, ...others.firing]), ...fresh.ended, ...others.ended];
}

/** A longer command would fill the message, and a part of a command is of no use. */
const LONGEST_COMMAND = 500;

/**
 * Returns the command that silences the alerts of the first one's rule, by the labels that they
 * share.
 */
function silenceOf(firing: readonly AlertEvent[]): string | undefined {
  const [first] = firing;
  if (first === undefined) return undefined;
  const { rule } = first;
  const labels = commonLabels(firing.filter((alert) => alert.rule === rule).map((alert) => alert.labels));
  const command = silenceCommand({ rule, labels });
  return command.length <= LONGEST_COMMAND ? command : silenceCommand({ rule, labels: {} });
}

function detailsOf(all: readonly AlertEvent[], settingsLabels: Labels): readonly string[] {
  const shown = all.slice(0, MAX_DETAILED);
  return shown.flatMap((alert, index) => [
    ...(index === 0 ? [] : [""]),
    ...(all.length === 1 ? [] : [leadOf(alert, settingsLabels)]),
    ...alertLines(alert, settingsLabels, all.slice(0, index)).filter((line) => line !== ""),
  ]);
}

function notesOf({ reason, truncated, suppressed }: AlertsContent): readonly string[] {
  return [
    ...(reason === "repeat interval elapsed" ? ["A repeat: nothing has begun or ended since the last message."] : []),
    ...(reason === "severity changed" ? ["The severity changed."] : []),
    ...(truncated === 0 ? [] : [`${truncated} more alerts of the group fire; earlier messages listed them.`]),
    ...(suppressed === 0 ? [] : [`${suppressed} earlier changes were held back by the budget and are in no message.`]),
  ];
}

function ofRecords(content: EventsContent, { instance }: Labels): Omit<ChatMessage, "host"> {
  const latest = content.events.toReversed();
  const subject = eventsSubject(content);
  const place = instance === undefined ? "" : ` on ${instance}`;
  return {
    ...{ ...subject, tone: "records", lead: `${content.rule}: ${subject.what}${place}, the latest first:` },
    ...{ runbook: undefined, confidence: undefined, silence: undefined, description: undefined, details: [] },
    notes: content.omitted === 0 ? [] : [`${content.omitted} more${heldText(content)} are left out.`],
    items: latest.map(recordLine),
    labels: Object.entries(content.labels),
  };
}

/** Returns a URL in the form in which it has no spaces, and no characters that are markup. */
function urlOf(text: string | undefined): string | undefined {
  const url = text === undefined ? null : URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return url.href.replace(/["'`()<>*|\\]/g, (mark) => `%${mark.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
