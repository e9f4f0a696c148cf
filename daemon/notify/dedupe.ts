import { held, passed, type Verdict } from "./decision.ts";
import type { OpenAlert } from "./pipeline-state.ts";

/** Why a message goes out, in Alertmanager's words; `severity changed` is ours. */
export type NotificationReason =
  | "first notification"
  | "new alerts in group"
  | "severity changed"
  | "some alerts resolved"
  | "all alerts resolved"
  | "repeat interval elapsed";

/** What an action would be told of an alert. */
export type Change = "fired" | "level" | "resolved" | "unchanged";

/**
 * What is new in an alert for an action that hears of it in a group; undefined where it does not hear of it there: an action hears of an
 * alert in one group only, and of an end only if it heard of the start, or should have heard while it was critical.
 *
 * @param isTarget whether the group's route has the action for this alert now
 */
export function changeOf(alert: OpenAlert, action: string, group: string, isTarget: boolean): Change | undefined {
  const heard = alert.heard.get(action);
  const isResolved = alert.event.status === "resolved";
  if (heard === undefined) {
    if (isResolved) return alert.owed.get(action) === group ? "resolved" : undefined;
    return isTarget ? "fired" : undefined;
  }
  if (heard.group !== group) return undefined;
  if (isResolved) return "resolved";
  return heard.level === alert.event.level ? "unchanged" : "level";
}

/** What there is to tell. */
export interface Need {
  readonly reason?: NotificationReason;
  readonly verdict: Verdict;
}

/**
 * Whether a group's action must be told now, by the changes of the alerts that nothing holds: Alertmanager's rules for its notification
 * log. Without a change, again after `repeatMs`; of a group in which nothing fires only what ended.
 */
export function needOf(
  changes: readonly Change[],
  notifiedAtMs: number | undefined,
  repeatMs: number,
  nowMs: number,
): Need {
  const has = (change: Change): boolean => changes.includes(change);
  const isFiring = changes.some((change) => change !== "resolved");
  if (has("fired"))
    return due(changes.every((change) => change === "fired") ? "first notification" : "new alerts in group");
  if (has("level")) return due("severity changed");
  if (has("resolved")) return due(isFiring ? "some alerts resolved" : "all alerts resolved");
  if (!isFiring) return { verdict: held("there is nothing to tell") };
  if (notifiedAtMs === undefined || nowMs - notifiedAtMs > repeatMs) return due("repeat interval elapsed");
  return { verdict: held("nothing changed since the last message, and repeat has not passed") };
}

function due(reason: NotificationReason): Need {
  return { reason, verdict: passed(reason) };
}
