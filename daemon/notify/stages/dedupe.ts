import { held, passed, type Stage, type Verdict } from "./stage.ts";

/** The reasons why a message goes out, in Alertmanager's words; `severity changed` is ours. */
const REASONS = [
  "first notification",
  "new alerts in group",
  "severity changed",
  "some alerts resolved",
  "all alerts resolved",
  "repeat interval elapsed",
] as const;

export type NotificationReason = (typeof REASONS)[number];

/** Returns the reason that a verdict gives for a message; undefined if it gives another one. */
export const notificationReason = ({ reason }: Verdict): NotificationReason | undefined =>
  REASONS.find((each) => each === reason);

/**
 * Decides whether a group's action must be notified now, by the changes of the alerts that nothing
 * holds. These are Alertmanager's rules for its notification log, with one difference: alerts that
 * ended before anybody was notified are always sent. Without a change, the message is repeated
 * after `repeatMs`. A group in which nothing fires sends only what ended.
 */
export const dedupeStage: Stage<"message"> = {
  name: "dedupe",
  on: "message",
  judge({ changes, notifiedAtMs, repeatMs }, now) {
    const kinds = new Set(changes);
    const isFiring = kinds.has("fired") || kinds.has("level") || kinds.has("unchanged");
    if (kinds.has("fired")) return due(kinds.size === 1 ? "first notification" : "new alerts in group");
    if (kinds.has("level")) return due("severity changed");
    if (kinds.has("resolved") || kinds.has("ended") || kinds.has("left"))
      return due(isFiring ? "some alerts resolved" : "all alerts resolved");
    if (!isFiring) return held("nothing changed");
    if (notifiedAtMs === undefined || now.ms - notifiedAtMs > repeatMs) return due("repeat interval elapsed");
    return held("nothing changed since the last message, and repeat has not passed");
  },
};

/** Returns the verdict that a message goes out. */
const due = (reason: NotificationReason): Verdict => passed(reason);
