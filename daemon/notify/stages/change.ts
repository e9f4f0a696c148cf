import type { OpenAlert } from "./pipeline-state.ts";
import type { Change } from "./subjects.ts";

/** The interest of one action in one group in an alert. */
export interface Interest {
  /** true if the group's route has the action for this alert now */
  readonly isTarget: boolean;
  /** true if an action that was notified of the alert still gets its changes */
  readonly listens: () => boolean;
}

/**
 * Returns the change of an alert for an action in a group; undefined if the action does not get the
 * alert in this group. An action gets an alert in one group only. Every alert that fired is sent,
 * also if it has ended meanwhile.
 */
export function changeOf(alert: OpenAlert, action: string, group: string, interest: Interest): Change | undefined {
  const notified = alert.notified.get(action);
  const isResolved = alert.event.status === "resolved";
  if (notified === undefined) {
    if (isResolved) return alert.toNotify.get(action) === group ? "ended" : undefined;
    return interest.isTarget ? "fired" : undefined;
  }
  if (notified.group !== group) return undefined;
  if (isResolved) return "resolved";
  if (!interest.listens()) return "left";
  return notified.level === alert.event.level ? "unchanged" : "level";
}

/** True if the change notifies the action that the alert has ended. */
export function isEnd(change: Change): boolean {
  return change === "resolved" || change === "ended" || change === "left";
}
