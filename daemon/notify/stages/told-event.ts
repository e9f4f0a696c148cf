import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Change } from "./dedupe.ts";
import type { OpenAlert } from "./pipeline-state.ts";
import { timeText } from "../../text/time-text.ts";

/** What a receiver is told for which an alert goes elsewhere now. */
export const LEFT_REASON = "this receiver no longer gets this alert";

/**
 * The event that an action is told of a change. For an action that the alert does not go to any
 * more, the alert ends. What ended before anybody was told has the highest level that it had.
 */
export function toldEvent(event: AlertEvent, alert: OpenAlert, change: Change, nowUnixMs: number): AlertEvent {
  if (change === "left") return { ...event, status: "resolved", reason: LEFT_REASON, endsAtUnixMs: nowUnixMs };
  if (change === "ended") return { ...event, level: alert.peak, reason: withEarlier(event, alert) };
  return change === "fired" && alert.earlier !== undefined ? { ...event, reason: withEarlier(event, alert) } : event;
}

/** An alert is told once a message, with the last time that it fired; the others are counted. */
function withEarlier({ reason }: AlertEvent, { earlier }: OpenAlert): string {
  if (earlier === undefined) return reason;
  const times = earlier.times === 1 ? "once" : `${earlier.times} times`;
  return `${reason}; it fired and ended ${times} before that, since ${timeText(earlier.sinceUnixMs)}`;
}
