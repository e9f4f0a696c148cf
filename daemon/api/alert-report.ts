import type { AlertEvent, AlertValues } from "../evaluate/alerts/alert.ts";
import type { AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import type { Matcher } from "../matchers/matcher.ts";
import { matchesAll } from "../matchers/matcher.ts";
import { alertLabels, type Labels } from "../notify/stages/alert-labels.ts";
import type { StageName } from "../notify/stages/stage.ts";
import { timeText } from "../text/time-text.ts";
import { LEVELS } from "../rules/levels.ts";

/** A firing or pending alert of a rule, or of the daemon itself. */
export interface AlertReport {
  readonly alertname: string;
  /** all labels for matchers, including `severity` and the settings' labels */
  readonly labels: Labels;
  readonly state: "firing" | "pending";
  /** the reasons why receivers are not notified; empty if they are */
  readonly suppressedBy: readonly SuppressionReport[];
  /** since when it fires; absent if it is pending */
  readonly startsAt?: string;
  readonly summary: string;
  /** why it is in this state, as text */
  readonly reason: string;
  readonly values: AlertValues;
  /** the actions that were notified that it fires */
  readonly receivers: readonly string[];
}

export interface SuppressionReport {
  readonly stage: StageName;
  /** such as `silenced until 2026-11-26T08:00:00.000Z by ops: maintenance` */
  readonly reason: string;
}

export interface AlertsReport {
  /** the most severe first, then the oldest, at most `MAX_ALERTS` */
  readonly alerts: readonly AlertReport[];
  /** the number of further alerts */
  readonly omitted: number;
}

export const MAX_ALERTS = 10_000;

/** A firing alert, from the pipeline. */
export interface FiringInput {
  readonly event: AlertEvent;
  readonly labels: Labels;
  readonly heldBy: readonly SuppressionReport[];
  readonly notified: readonly string[];
}

/**
 * Reports the alerts that match all matchers.
 *
 * @param firing firing alerts of all rules, and notices
 * @param views the keys of all rules; pending ones are reported
 */
export function alertsReport(
  firing: readonly FiringInput[],
  views: readonly AlertView[],
  settingsLabels: Labels,
  matchers: readonly Matcher[],
): AlertsReport {
  const pending = views.filter(({ state }) => state === "pending");
  const all = [...firing.map(firingReport), ...pending.map((view) => pendingReport(view, settingsLabels))];
  const found = all.filter(({ labels }) => matchesAll(matchers, labels)).toSorted(severestFirst);
  return { alerts: found.slice(0, MAX_ALERTS), omitted: Math.max(0, found.length - MAX_ALERTS) };
}

function firingReport({ event, labels, heldBy, notified }: FiringInput): AlertReport {
  const { rule, reason, summary, values, startsAtUnixMs } = event;
  const startsAt = timeText(startsAtUnixMs);
  return {
    ...{ alertname: rule, labels, state: "firing", suppressedBy: heldBy, startsAt },
    ...{ summary, reason, values, receivers: notified },
  };
}

/**
 * Reports a pending alert. It has no summary and no severity yet: the level at which it will fire
 * is unknown.
 */
function pendingReport({ rule, labels, reason, values }: AlertView, settingsLabels: Labels): AlertReport {
  const { severity: _, ...seen } = alertLabels({ rule, labels, level: "warning" }, settingsLabels);
  const all = { ...seen, rule };
  return {
    ...{ alertname: rule, labels: all, state: "pending", suppressedBy: [], summary: reason },
    ...{ reason, values, receivers: [] },
  };
}

function severestFirst(a: AlertReport, b: AlertReport): number {
  const byLevel = rankOf(b) - rankOf(a);
  return byLevel === 0 ? (a.startsAt ?? "~").localeCompare(b.startsAt ?? "~") : byLevel;
}

/** Ranks pending alerts last. */
function rankOf({ labels, state }: AlertReport): number {
  return state === "pending" ? -1 : LEVELS.findIndex((level) => level === labels["severity"]);
}
