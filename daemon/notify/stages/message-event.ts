import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Change } from "./subjects.ts";
import type { OpenAlert } from "./pipeline-state.ts";
import { timeText } from "../../text/time-text.ts";

/** The reason of the end for a receiver that no longer gets an alert. */
export const LEFT_REASON = "this receiver no longer gets this alert";

/**
 * Returns the event as a message for an action shows it. For an action that no longer gets the
 * alert, the alert ends. An alert that ended before anybody was notified has its highest level.
 */
export function messageEvent(event: AlertEvent, alert: OpenAlert, change: Change, nowUnixMs: number): AlertEvent {
  if (change === "left") return { ...event, status: "resolved", reason: LEFT_REASON, endsAtUnixMs: nowUnixMs };
  if (change === "ended") return { ...event, level: alert.peak, reason: withEarlier(event, alert), wasUnknown: true };
  return change === "fired" && alert.earlier !== undefined ? { ...event, reason: withEarlier(event, alert) } : event;
}

/**
 * Returns the reason with the number of earlier times: an alert is in a message once, with the last
 * time that it fired.
 */
function withEarlier({ reason }: AlertEvent, { earlier }: OpenAlert): string {
  if (earlier === undefined) return reason;
  const times = earlier.times === 1 ? "once" : `${earlier.times} times`;
  return `${reason}; it fired and ended ${times} before that, since ${timeText(earlier.sinceUnixMs)}`;
}
