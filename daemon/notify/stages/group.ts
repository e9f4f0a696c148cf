import type { RouteSettings } from "../../settings/notify-settings.ts";
import type { Labels } from "./alert-labels.ts";
import type { Group } from "./pipeline-state.ts";
import { held, passed, type Stage } from "./stage.ts";
import type { StageAlert } from "./subjects.ts";

/** The label that marks an alert as a drill; receivers see it. */
export const DRILL_LABEL = "drill";

const GROUP_DUE = passed("the group's message may go");

/** Holds the alerts of a group until its next message may go. Immediate actions do not wait. */
export const groupStage: Stage<"group"> = {
  name: "group",
  on: "group",
  judge: ({ isDue, dueMs }, now) =>
    isDue ? GROUP_DUE : held(`the group had a message lately: its next one may go ${inSeconds(dueMs - now.ms)}`),
};

/** The part that an alert shares with the others of its group. */
export interface GroupIdentity {
  /** Alertmanager's: the route's key and the group's labels */
  readonly key: string;
  readonly labels: Labels;
}

/**
 * Returns the group of an alert in a route. `rule` in `group_by` is shown as `alertname`. A rule's
 * notices are a group of their own, so that they never delay its alerts. So is a drill: a group
 * that receivers open and close for a drill is never the real one. `...` makes a group of each
 * alert; a label that the alert does not have is left out.
 */
export function groupOf({ groupBy, key }: RouteSettings, { labels, rule, event }: StageAlert): GroupIdentity {
  const shown: Record<string, string> = {};
  for (const name of groupBy.includes("...") ? identityNames(labels) : groupBy) {
    const value = name === "rule" ? event.rule : labels[name];
    if (value !== undefined) shown[name === "rule" ? "alertname" : name] = value;
    if (name === "rule" && event.rule !== rule) shown["rule"] = rule;
  }
  if (labels[DRILL_LABEL] !== undefined) shown[DRILL_LABEL] = labels[DRILL_LABEL];
  return { key: `${key}:${labelsText(shown)}`, labels: shown };
}

/**
 * Returns the names of identity labels: severity changes within one alert, and `rule` is not a
 * label of its own.
 */
function identityNames(labels: Labels): readonly string[] {
  return Object.keys(labels).filter((name) => name !== "severity" && name !== "rule");
}

/** Returns `{a="1", b="2"}` in the order of names, as Go prints label sets. */
function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
}

/** Returns a group whose first alert has just come. */
export function openGroup(identity: GroupIdentity, route: RouteSettings, nowMs: number, nowUnixMs: number): Group {
  return {
    ...identity,
    routeKey: route.key,
    members: new Set(),
    dueMs: nowMs + route.groupWaitMs,
    openedAtUnixMs: nowUnixMs,
    notifiedAtMs: new Map(),
  };
}

/**
 * Returns the time at which the group is due again. It counts from the time at which the group was
 * to be due, so that delays do not add up.
 */
export function nextDueMs(dueMs: number, intervalMs: number, nowMs: number): number {
  const next = dueMs + intervalMs;
  return next > nowMs ? next : nowMs + intervalMs;
}

/** Says how long a group waits. */
function inSeconds(ms: number): string {
  return `in ${Math.max(1, Math.ceil(ms / 1000))} s`;
}
