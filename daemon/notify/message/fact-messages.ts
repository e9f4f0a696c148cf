import { visibleText } from "../../../bpf/source/visible.ts";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import { boundText } from "../../evaluate/formula/bound-text.ts";
import { shownText } from "../../evaluate/formula/shown-text.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import type { EventRecord, EventValue } from "../../sample/sample.ts";
import { timeText } from "../../text/time-text.ts";
import type { Delivery, EventsContent } from "../queue/delivery.ts";
import { alertLabels, fingerprint, identityLabels, type Labels } from "../stages/alert-labels.ts";
import { DRILL_LABEL } from "../stages/group.ts";
import { alertLines, recordLine } from "./alert-lines.ts";
import { endedLast } from "./by-status.ts";
import { confidenceText } from "./doubts.ts";
import { leadOf } from "./lead-line.ts";
import { recordMarks } from "./record-marks.ts";
import { silenceCommand } from "./silence-command.ts";

/** A name of ours, or of a label, and its value in visible characters. */
export type Fact = readonly [name: string, value: string];

/**
 * One change of an alert or one record, for logs that store names and values. All texts are visible
 * characters on one line, since they may quote anyone.
 */
export interface FactMessage {
  readonly status: "firing" | "resolved" | "record";
  /** the severity as syslog numbers it (RFC 5424 §6.2.1), and the journal too */
  readonly severity: number;
  readonly timeNs: bigint;
  /** what is wrong, how bad, where, since when */
  readonly title: string;
  /** the most important first */
  readonly facts: readonly Fact[];
  /** the labels, and the fields of a record */
  readonly labels: readonly Fact[];
  /** everything about an alert, a fact each */
  readonly details: readonly string[];
}

const SEVERITIES: Readonly<Record<Level, number>> = { critical: 2, warning: 4, info: 6 };
/** The end of an alert is no condition: it is a notice. */
const ENDED_SEVERITIES: Readonly<Record<Level, number>> = { critical: 5, warning: 5, info: 6 };

/** Returns the changes of a delivery, those that fire first, or its records. */
export function factMessages(
  { id, content }: Pick<Delivery, "id" | "content">,
  settings: Labels,
  nowUnixMs: number,
): readonly FactMessage[] {
  if (content.kind === "events") return recordMessages(id, content, settings);
  return endedLast(content.alerts).map((alert) => alertMessage(id, alert, settings, nowUnixMs));
}

function alertMessage(id: string, alert: AlertEvent, settings: Labels, nowUnixMs: number): FactMessage {
  const labels = alertLabels(alert, settings);
  const severities = alert.status === "firing" ? SEVERITIES : ENDED_SEVERITIES;
  const lines = alertLines(alert, settings, []).filter((line) => line !== "");
  return {
    status: alert.status,
    severity: severities[alert.level],
    timeNs: BigInt(nowUnixMs) * 1_000_000n,
    title: visibleText(leadOf(alert, settings)),
    facts: shown([
      ["status", alert.status],
      ["severity", alert.level],
      ["rule", alert.rule],
      ["key", fingerprint(identityLabels(alert, settings))],
      ...judgedFacts(alert),
      ["since", timeText(alert.startsAtUnixMs)],
      ["until", alert.endsAtUnixMs === undefined ? undefined : timeText(alert.endsAtUnixMs)],
      ["confidence", confidenceText(alert.confidence)],
      ["runbook", alert.runbook],
      ["silence", isSilenced(alert) ? silenceCommand(alert) : undefined],
      ["reason", alert.reason],
      ["id", id],
    ]),
    labels: shown(Object.entries(labels)),
    details: lines.map(visibleText),
  };
}

const isSilenced = ({ status, labels }: AlertEvent): boolean =>
  status === "firing" && labels[DRILL_LABEL] === undefined;

function judgedFacts({ judged }: AlertEvent): readonly (readonly [name: string, value: string | undefined])[] {
  if (judged === undefined) return [];
  const { value, beyond, unit, operator, limit } = judged;
  return [
    ["value", value === undefined ? undefined : boundText(beyond, shownText(value, unit))],
    ["threshold", operator === undefined || limit === undefined ? undefined : `${operator} ${shownText(limit, unit)}`],
  ];
}

function recordMessages(id: string, content: EventsContent, settings: Labels): readonly FactMessage[] {
  const { rule, events, omitted } = content;
  const labels = { ...settings, ...content.labels, alertname: rule };
  const messages = events.map((record) => recordMessage(id, record, labels));
  const last = messages.at(-1);
  if (omitted === 0 || last === undefined) return messages;
  const title = `${visibleText(rule)}: ${omitted} more records are left out`;
  const facts = shown([...recordFacts(id, rule), ["omitted", String(omitted)]]);
  return [...messages, { ...last, title, facts, labels: shown(Object.entries(labels)) }];
}

function recordMessage(id: string, record: EventRecord, labels: Labels): FactMessage {
  const marks = Object.entries(recordMarks(record)).map(([mark, names]) => [mark, names.join(",")] as const);
  const fields = Object.entries(record.fields).map(([name, value]) => [name, fieldText(value)] as const);
  return {
    ...{ status: "record", severity: SEVERITIES.info, timeNs: record.timeNs, details: [] },
    title: visibleText(`${record.rule}: ${recordLine(record).replace(/^\S+ +/, "")}`),
    facts: shown([...recordFacts(id, record.rule), ...marks]),
    labels: shown([...fields, ...Object.entries(labels)]),
  };
}

const recordFacts = (id: string, rule: string): readonly Fact[] => [
  ["status", "record"],
  ["rule", rule],
  ["id", id],
];

/** Returns a stack as one line, innermost frame first. */
function fieldText(value: EventValue): string {
  return typeof value === "object" && value !== null ? value.join(";") : String(value);
}

function shown(facts: readonly (readonly [name: string, value: string | undefined])[]): readonly Fact[] {
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, visibleText(value)] as const]));
}
