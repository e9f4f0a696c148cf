import { visibleText } from "../../../bpf/source/visible.ts";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import { DRILL_LABEL } from "../stages/group.ts";
import { alertLabels, fingerprint, identityLabels, type Labels } from "../stages/alert-labels.ts";
import type { Delivery, EventsContent } from "../queue/delivery.ts";
import { alertLines, recordLine } from "./alert-lines.ts";
import { endedLast } from "./by-status.ts";
import { leadOf } from "./lead-line.ts";
import { silenceCommand } from "./silence-command.ts";

/**
 * One alert as services for incidents see it. All texts are visible characters: they may quote what
 * anyone wrote.
 */
export interface Incident {
  /** the same for all changes of one alert, and for no other alert; a drill has one of its own */
  readonly key: string;
  readonly status: "firing" | "resolved";
  /** true if it has ended and the service does not know that it fired */
  readonly wasUnknown: boolean;
  readonly level: Level;
  readonly isDrill: boolean;
  readonly rule: string;
  /** what is wrong, how bad, where, since when; one line */
  readonly title: string;
  /** everything else, one fact a line */
  readonly lines: readonly string[];
  readonly labels: Labels;
  /** the host */
  readonly source: string;
  readonly startsAtUnixMs: number;
  readonly endsAtUnixMs?: number;
  readonly runbook?: string;
}

/**
 * Returns the alerts of a message, those that fire first. Records of a rule without a threshold are
 * one incident of level `info` for the whole message.
 */
export function incidentsOf({ id, content }: Pick<Delivery, "id" | "content">, settings: Labels): readonly Incident[] {
  if (content.kind === "events") return [recordsIncident(id, content, settings)];
  return endedLast(content.alerts).map((alert) => incidentOf(alert, settings));
}

function incidentOf(alert: AlertEvent, settings: Labels): Incident {
  const labels = alertLabels(alert, settings);
  return {
    key: fingerprint(identityLabels(alert, settings)),
    ...{ status: alert.status, level: alert.level, rule: alert.rule, labels: shown(labels) },
    wasUnknown: alert.wasUnknown === true,
    isDrill: Object.hasOwn(labels, DRILL_LABEL),
    title: visibleText(leadOf(alert, settings)),
    lines: [...linesOf(alert, settings), `Silence:   ${silenceCommand(alert)}`],
    source: sourceOf(labels),
    startsAtUnixMs: alert.startsAtUnixMs,
    ...(alert.endsAtUnixMs !== undefined && { endsAtUnixMs: alert.endsAtUnixMs }),
    ...(alert.runbook !== undefined && { runbook: alert.runbook }),
  };
}

function linesOf(alert: AlertEvent, settings: Labels): readonly string[] {
  return alertLines(alert, settings, [])
    .filter((line) => line !== "")
    .map(visibleText);
}

/** A step of an incident at a service. */
export interface IncidentStep {
  readonly incident: Incident;
  readonly status: Incident["status"];
}

/**
 * Returns the steps of a message for a service that opens and closes incidents. An alert that ended
 * before the service knew of it is opened and closed.
 */
export function incidentSteps(delivery: Pick<Delivery, "id" | "content">, settings: Labels): readonly IncidentStep[] {
  return incidentsOf(delivery, settings).flatMap((incident) => {
    const statuses = incident.wasUnknown ? (["firing", "resolved"] as const) : [incident.status];
    return statuses.map((status) => ({ incident, status }));
  });
}

function recordsIncident(id: string, content: EventsContent, settings: Labels): Incident {
  const { rule, events, omitted } = content;
  const labels = { ...settings, ...content.labels, alertname: rule, severity: "info" };
  const count = events.length + omitted;
  const [last] = events.slice(-1);
  return {
    ...{ key: id, status: "firing", wasUnknown: false, level: "info", isDrill: false, rule, labels: shown(labels) },
    title: visibleText(`${rule}: ${count} ${count === 1 ? "event" : "events"} on ${sourceOf(labels)}`),
    lines: events.map((record) => visibleText(recordLine(record))),
    source: sourceOf(labels),
    startsAtUnixMs: Number((last?.timeNs ?? 0n) / 1_000_000n),
  };
}

const sourceOf = (labels: Labels): string => visibleText(labels["instance"] ?? "bpfwarden");

const shown = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, visibleText(value)]));
