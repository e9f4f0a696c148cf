import { held, passed, type Verdict } from "./decision.ts";
import type { OpenAlert } from "./pipeline-state.ts";

/** The reason why a message goes out, in Alertmanager's words; `severity changed` is ours. */
export type NotificationReason =
  | "first notification"
  | "new alerts in group"
  | "severity changed"
  | "some alerts resolved"
  | "all alerts resolved"
  | "repeat interval elapsed";

/**
 * The change of an alert, as an action would be notified of it:
 * - `ended`: it fired and ended, and the action was never notified that it fires;
 * - `left`: it fires on, but goes to other actions now.
 */
export type Change = "fired" | "level" | "resolved" | "ended" | "left" | "unchanged";

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

/** The reason for a message, if one is due, and the verdict. */
export interface Need {
  readonly reason?: NotificationReason;
  readonly verdict: Verdict;
}

/**
 * Decides whether a group's action must be notified now, by the changes of the alerts that nothing
 * holds. These are Alertmanager's rules for its notification log, with one difference: alerts that
 * ended before anybody was notified are always sent. Without a change, the message is repeated
 * after `repeatMs`. A group in which nothing fires sends only what ended.
 */
export function needOf(
  changes: readonly Change[],
  notifiedAtMs: number | undefined,
  repeatMs: number,
  nowMs: number,
): Need {
  const kinds = new Set(changes);
  const isFiring = kinds.has("fired") || kinds.has("level") || kinds.has("unchanged");
  if (kinds.has("fired")) return due(kinds.size === 1 ? "first notification" : "new alerts in group");
  if (kinds.has("level")) return due("severity changed");
  if (kinds.has("resolved") || kinds.has("ended") || kinds.has("left"))
    return due(isFiring ? "some alerts resolved" : "all alerts resolved");
  if (!isFiring) return { verdict: held("nothing changed") };
  if (notifiedAtMs === undefined || nowMs - notifiedAtMs > repeatMs) return due("repeat interval elapsed");
  return { verdict: held("nothing changed since the last message, and repeat has not passed") };
}

function due(reason: NotificationReason): Need {
  return { reason, verdict: passed(reason) };
}
