import { visibleText } from "../../../bpf/source/visible.ts";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import { alertLines, recordLine } from "../../notify/message/alert-lines.ts";
import { byStatus, mostSevereFirst } from "../../notify/message/by-status.ts";
import { chatMessage, type Tone } from "../../notify/message/chat-message.ts";
import { leadOf, shortLead } from "../../notify/message/lead-line.ts";
import { alertsSubject, eventsSubject, heldText, type Subject } from "../../notify/message/subject.ts";
import type { AlertsContent, DeliveryContent, EventsContent } from "../../notify/queue/delivery.ts";
import type { Labels } from "../../notify/stages/alert-labels.ts";
import { sparkline, type ValueChart, valueChart } from "./value-chart.ts";

/**
 * The facts of a mail, which its text and its HTML both show. All texts are visible characters on
 * one line; most may quote anyone.
 */
export interface MailContent {
  readonly subject: Subject;
  readonly tone: Tone;
  /** the most important line; undefined for records */
  readonly lead: string | undefined;
  readonly confidence: string | undefined;
  /** a URL of the rule */
  readonly runbook: string | undefined;
  /** a command */
  readonly silence: string | undefined;
  /** one line for each alert, or each record; empty if the lead says it all */
  readonly sections: readonly Section[];
  readonly notes: readonly string[];
  readonly details: readonly Details[];
  /** the number of alerts; only the first have details */
  readonly count: number;
}

export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Everything about one alert. */
export interface Details {
  readonly lead: string;
  /** sentences */
  readonly prose: readonly string[];
  /** one `Name: value` each */
  readonly facts: readonly string[];
  readonly chart: ValueChart | undefined;
}

/** The most alerts that are described; each of the others has one line. */
export const MAX_DESCRIBED = 100;

export function mailContent(content: DeliveryContent, settingsLabels: Labels): MailContent {
  return content.kind === "events" ? ofRecords(content) : ofAlerts(content, settingsLabels);
}

function ofRecords(content: EventsContent): MailContent {
  const lines = content.events.map((record) => visibleText(recordLine(record)));
  return {
    ...{ subject: eventsSubject(content), tone: "records", lead: undefined },
    ...{ confidence: undefined, runbook: undefined, silence: undefined, details: [], count: 0 },
    sections: [{ title: "", lines }],
    notes: recordNotes(content),
  };
}

/** Orders the alerts: what fires is before what has ended, and news before the others. */
function ofAlerts(content: AlertsContent, settingsLabels: Labels): MailContent {
  const { alerts, news } = content;
  const { firing: fresh, ended } = byStatus(alerts.slice(0, news));
  const firing = mostSevereFirst(fresh);
  const others = mostSevereFirst(alerts.slice(news));
  const all = [...firing, ...others, ...ended];
  const { tone, lead, confidence, runbook, silence } = chatMessage(content, settingsLabels);
  const sections = [
    section("", firing),
    section(firing.length > 0 ? "Others of the group that fire:" : "", others),
    section("", ended),
  ];
  return {
    ...{ subject: alertsSubject(content), tone, lead, confidence, runbook, silence },
    sections: all.length < 2 ? [] : sections.filter(({ lines }) => lines.length > 0),
    notes: alertNotes(content),
    details: all.slice(0, MAX_DESCRIBED).map((alert, index) => detailsOf(alert, settingsLabels, all.slice(0, index))),
    count: all.length,
  };
}

const section = (title: string, alerts: readonly AlertEvent[]): Section => ({
  title,
  lines: alerts.map((alert) => visibleText(shortLead(alert))),
});

function detailsOf(alert: AlertEvent, settingsLabels: Labels, above: readonly AlertEvent[]): Details {
  const lines = alertLines(alert, settingsLabels, above).map(visibleText);
  const end = lines.indexOf("");
  const chart = valueChart(alert);
  return {
    lead: visibleText(leadOf(alert, settingsLabels)),
    prose: lines.slice(0, end),
    facts: lines.slice(end + 1),
    chart,
  };
}

/** Returns the course of a value as a line of text. */
export const chartLine = (chart: ValueChart): string => `Chart:     ${sparkline(chart)}  ${visibleText(chart.caption)}`;

function recordNotes(content: EventsContent): readonly string[] {
  const { omitted, heldMs } = content;
  return [
    ...(omitted === 0 ? [] : [`${omitted} more${heldText(content)} are left out.`]),
    ...(heldMs === undefined ? [] : ["The budget held them back: notify.budget is messages an hour."]),
  ];
}

function alertNotes({ truncated, suppressed, reason }: AlertsContent): readonly string[] {
  return [
    ...(reason === "repeat interval elapsed"
      ? ["This is a repeat: nothing has begun or ended since the last mail of these alerts. The values are new."]
      : []),
    ...(truncated === 0 ? [] : [`${truncated} more alerts of the group fire; earlier mails listed them.`]),
    ...(suppressed === 0 ? [] : [`${suppressed} earlier changes were held back by the budget and are in no mail.`]),
  ];
}
