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

/**
 * What an action would be told of an alert:
 * - `ended`: it fired and ended, and the action was never told that it fires;
 * - `left`: it fires on, but goes to other actions now.
 */
export type Change = "fired" | "level" | "resolved" | "ended" | "left" | "unchanged";

/** Where an alert goes, as far as one action and group are concerned. */
export interface Interest {
  /** true if the group's route has the action for this alert now */
  readonly isTarget: boolean;
  /** true if an action that was told of the alert is still to hear of it */
  readonly listens: () => boolean;
}

/**
 * What is new in an alert for an action that hears of it in a group; undefined where it does not
 * hear of it there: an action hears of an alert in one group only. Every alert that fired is told,
 * also when it ended before.
 */
export function changeOf(alert: OpenAlert, action: string, group: string, interest: Interest): Change | undefined {
  const heard = alert.heard.get(action);
  const isResolved = alert.event.status === "resolved";
  if (heard === undefined) {
    if (isResolved) return alert.owed.get(action) === group ? "ended" : undefined;
    return interest.isTarget ? "fired" : undefined;
  }
  if (heard.group !== group) return undefined;
  if (isResolved) return "resolved";
  if (!interest.listens()) return "left";
  return heard.level === alert.event.level ? "unchanged" : "level";
}

/** True if the action is told by it that the alert has ended. */
export function isEnd(change: Change): boolean {
  return change === "resolved" || change === "ended" || change === "left";
}

/** What there is to tell. */
export interface Need {
  readonly reason?: NotificationReason;
  readonly verdict: Verdict;
}

/**
 * True if a group's action must be told now, by the changes of the alerts that nothing holds:
 * Alertmanager's rules for its notification log, but that alerts which ended before anybody was
 * told are always told. Without a change, again after `repeatMs`; of a group in which nothing fires
 * only what ended.
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
  if (!isFiring) return { verdict: held("there is nothing to tell") };
  if (notifiedAtMs === undefined || nowMs - notifiedAtMs > repeatMs) return due("repeat interval elapsed");
  return { verdict: held("nothing changed since the last message, and repeat has not passed") };
}

function due(reason: NotificationReason): Need {
  return { reason, verdict: passed(reason) };
}
