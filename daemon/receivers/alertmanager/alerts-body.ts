import { endedLast } from "../../notify/message/by-status.ts";
import { leadOf } from "../../notify/message/lead-line.ts";
import { recordLine } from "../../notify/message/alert-lines.ts";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Delivery, EventsContent } from "../../notify/queue/delivery.ts";
import { isResend } from "../../notify/queue/resend.ts";
import { alertLabels, type Labels } from "../../notify/stages/alert-labels.ts";
import { LEVELS } from "../../rules/levels.ts";
import { timeText } from "../../text/time-text.ts";
import { RESEND_MS } from "./settings.ts";

/** An alert of `postableAlerts` (api/v2/openapi.yaml of Alertmanager). */
interface PostableAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
  readonly endsAt: string;
}

/**
 * The time after which Alertmanager takes an alert for resolved, if it is not sent again. As in
 * Prometheus it is four resends: three may be lost.
 */
const VALID_MS = 4 * RESEND_MS;

/**
 * Returns the body of `POST /api/v2/alerts`. For Alertmanager the severity is a part of an alert's
 * identity, as all labels are. So an alert ends at its other levels, too. Of several
 * changes in a message only one is its reason. An end that Alertmanager knows no alert for has no
 * effect.
 */
export function alertsBody(
  { content }: Pick<Delivery, "content">,
  settings: Labels,
  nowUnixMs: number,
): readonly PostableAlert[] {
  if (content.kind === "events") return [recordsAlert(content, settings, nowUnixMs)];
  const mayHaveChanged = content.reason !== "first notification" && !isResend(content);
  return endedLast(content.alerts).flatMap((alert) => [
    ...(mayHaveChanged ? formerLevels(alert, settings, nowUnixMs) : []),
    alertOf(alert, settings, nowUnixMs),
  ]);
}

/**
 * A heartbeat fires and has a time at which it ends if no other comes. Alertmanager refuses an end
 * before the start, which a clock that was set back could make.
 */
function alertOf(alert: AlertEvent, settings: Labels, nowUnixMs: number): PostableAlert {
  const { status, startsAtUnixMs, endsAtUnixMs } = alert;
  const endUnixMs =
    status === "firing" ? Math.max(nowUnixMs + VALID_MS, endsAtUnixMs ?? 0) : (endsAtUnixMs ?? nowUnixMs);
  return {
    labels: alertLabels(alert, settings),
    annotations: annotationsOf(alert, settings),
    startsAt: timeText(startsAtUnixMs),
    endsAt: timeText(Math.max(startsAtUnixMs, endUnixMs)),
  };
}

function formerLevels(alert: AlertEvent, settings: Labels, nowUnixMs: number): readonly PostableAlert[] {
  return LEVELS.filter((level) => level !== alert.level).map((level) =>
    alertOf({ endsAtUnixMs: nowUnixMs, ...alert, level, status: "resolved" }, settings, nowUnixMs),
  );
}

function annotationsOf(alert: AlertEvent, settings: Labels): Labels {
  const { summary, description, runbook, reason } = alert;
  return {
    ...{ summary, lead: leadOf(alert, settings), reason },
    ...(description !== undefined && { description }),
    ...(runbook !== undefined && { runbook_url: runbook }),
  };
}

/** Records are one alert, which ends by itself. */
function recordsAlert(content: EventsContent, settings: Labels, nowUnixMs: number): PostableAlert {
  const { rule, events, omitted } = content;
  const count = events.length + omitted;
  const summary = `${count} ${count === 1 ? "event" : "events"}: ${events.slice(-10).map(recordLine).join("\n")}`;
  return {
    labels: { ...settings, ...content.labels, alertname: rule, severity: "info" },
    annotations: { summary },
    startsAt: timeText(nowUnixMs),
    endsAt: timeText(nowUnixMs + VALID_MS),
  };
}
