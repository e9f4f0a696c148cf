import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { EventRecord, EventValue } from "../../sample/sample.ts";
import { alertLabels, commonLabels, fingerprint, identityLabels } from "../../notify/stages/alert-labels.ts";
import type { Labels } from "../../notify/stages/alert-labels.ts";
import { endedLast } from "../../notify/message/by-status.ts";
import type { Delivery, DeliveryContent } from "../../notify/queue/delivery.ts";
import type { GroupIdentity } from "../../notify/stages/group.ts";
import { judgedBody } from "../../notify/message/judged-body.ts";
import { leadOf } from "../../notify/message/lead-line.ts";
import { marksText } from "../../notify/message/record-marks.ts";
import { timeText, timeTextNs } from "../../text/time-text.ts";

/** Go's zero time, which Alertmanager writes if an alert has not ended. */
const NOT_ENDED = "0001-01-01T00:00:00Z";

interface WebhookAlert {
  readonly status: "firing" | "resolved";
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

/**
 * Returns the body of a webhook: Alertmanager's version 4
 * (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config) with fields of ours
 * beside it, as `schemas/webhook.schema.json` describes. Records of a rule without a threshold have
 * one alert each, of severity `info`, that ends as it starts; `events` holds their fields in the
 * same order.
 *
 * @param checkpoints the newest signed checkpoints of sealed logs
 */
export function webhookBody(
  { action, content }: Pick<Delivery, "content"> & { readonly action: { readonly name: string } },
  settingsLabels: Labels,
  checkpoints: readonly string[] = [],
): object {
  const alerts = alertsOf(content, settingsLabels);
  const group = content.kind === "alerts" ? content.group : recordsGroup(content.rule);
  return {
    version: "4",
    groupKey: group.key,
    truncatedAlerts: content.kind === "events" ? content.omitted : content.truncated,
    status: alerts.some((alert) => alert.status === "firing") ? "firing" : "resolved",
    receiver: action.name,
    groupLabels: group.labels,
    commonLabels: commonLabels(alerts.map((alert) => alert.labels)),
    commonAnnotations: commonLabels(alerts.map((alert) => alert.annotations)),
    externalURL: "",
    alerts,
    ...(content.kind === "events"
      ? { events: content.events.map(eventBody), ...(content.heldMs !== undefined && { heldMs: content.heldMs }) }
      : { reason: content.reason, suppressed: content.suppressed }),
    ...(checkpoints.length > 0 && { checkpoints }),
  };
}

function recordsGroup(rule: string): GroupIdentity {
  return { key: `{}:{alertname=${JSON.stringify(rule)}}`, labels: { alertname: rule } };
}

function alertsOf(content: DeliveryContent, settingsLabels: Labels): readonly WebhookAlert[] {
  return content.kind === "alerts"
    ? endedLast(content.alerts).map((alert) => alertBody(alert, settingsLabels))
    : content.events.map((record) => recordBody(record, { ...settingsLabels, ...content.labels }));
}

function alertBody(alert: AlertEvent, settingsLabels: Labels): WebhookAlert {
  const ours = {
    lead: leadOf(alert, settingsLabels),
    reason: alert.reason,
    ...(alert.judged !== undefined && { judged: judgedBody(alert.judged) }),
    values: Object.fromEntries(Object.entries(alert.values).map(([name, value]) => [name, value ?? null])),
    ...(alert.units !== undefined && { units: alert.units }),
    evidence: (alert.evidence ?? []).map(eventBody),
    ...(alert.lastValues !== undefined && { lastValues: alert.lastValues.map((value) => value ?? null) }),
    ...(alert.lastValuesFromUnixMs !== undefined && { lastValuesFrom: timeText(alert.lastValuesFromUnixMs) }),
    ...(alert.topKeys !== undefined && { topKeys: alert.topKeys }),
    confidence: alert.confidence,
  };
  return {
    status: alert.status,
    labels: alertLabels(alert, settingsLabels),
    annotations: annotationsOf(alert),
    startsAt: timeText(alert.startsAtUnixMs),
    endsAt: alert.endsAtUnixMs === undefined ? NOT_ENDED : timeText(alert.endsAtUnixMs),
    generatorURL: "",
    fingerprint: fingerprint(identityLabels(alert, settingsLabels)),
    ...ours,
  };
}

function annotationsOf({ summary, description, runbook }: AlertEvent): Labels {
  return {
    summary,
    ...(description === undefined ? {} : { description }),
    ...(runbook === undefined ? {} : { runbook_url: runbook }),
  };
}

function recordBody(record: EventRecord, labels: Labels): WebhookAlert {
  const time = timeTextNs(record.timeNs);
  const fields = Object.entries(record.fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  return {
    status: "firing",
    labels: { ...labels, alertname: record.rule, severity: "info" },
    annotations: { summary: `${fields.join(" ")}${marksText(record)}` },
    startsAt: time,
    endsAt: time,
    generatorURL: "",
    fingerprint: fingerprint({ ...labels, alertname: record.rule, time, fields: JSON.stringify(record.fields) }),
  };
}

/** Returns a stack as one line, innermost frame first. */
function fieldText(value: EventValue): string {
  return typeof value === "object" && value !== null ? value.join(";") : String(value);
}

function eventBody({ timeNs, fields, truncated, escaped, unreadable, redacted }: EventRecord): object {
  return {
    ...{ time: timeTextNs(timeNs), fields, truncated, escaped: escaped ?? [], unreadable: unreadable ?? [] },
    ...(redacted !== undefined && { redacted }),
  };
}
