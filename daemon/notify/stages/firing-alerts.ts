import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import { LEVELS } from "../../rules/levels.ts";
import type { Labels } from "./alert-labels.ts";
import type { Stage, StageName } from "./stage.ts";
import type { PipelineMoment, StageAlert } from "./subjects.ts";
import type { OpenAlert, PipelineState } from "./pipeline-state.ts";

/** An alert that fires, and the stages that keep it from being sent. */
export interface FiringAlert {
  readonly event: AlertEvent;
  /** the labels for matchers */
  readonly labels: Labels;
  /** empty if nothing holds it */
  readonly heldBy: readonly { readonly stage: StageName; readonly reason: string }[];
  /** the actions that were notified of it */
  readonly notified: readonly string[];
}

/** The pipeline's view of its alerts. */
export interface Outlook {
  readonly filters: readonly Stage<"alert">[];
  readonly asSeen: (alert: OpenAlert) => StageAlert;
  /** the alert with the values that it has now */
  readonly refresh: (rule: string, event: AlertEvent) => AlertEvent;
}

/**
 * Returns the alerts that fire, as they would be sent now, each with the stages that hold it now.
 */
export function firingAlerts({ alerts }: PipelineState, outlook: Outlook, now: PipelineMoment): readonly FiringAlert[] {
  return asNow(firingOf(alerts), outlook, now);
}

/** The alerts that fire: some of them, and the number of all. */
export interface WorstFiring {
  /** the most severe first, then the oldest */
  readonly alerts: readonly FiringAlert[];
  readonly count: number;
}

/** Does the same for the worst alerts only: ten thousand take longer than a tick. */
export function worstFiring(
  { alerts }: PipelineState,
  outlook: Outlook,
  now: PipelineMoment,
  most: number,
): WorstFiring {
  const firing = firingOf(alerts);
  const worst = firing.toSorted(severestFirst).slice(0, most);
  return { alerts: asNow(worst, outlook, now), count: firing.length };
}

const firingOf = (alerts: PipelineState["alerts"]): readonly OpenAlert[] =>
  [...alerts.values()].filter(({ event }) => event.status === "firing");

function severestFirst({ event: one }: OpenAlert, { event: other }: OpenAlert): number {
  const byLevel = LEVELS.indexOf(other.level) - LEVELS.indexOf(one.level);
  return byLevel === 0 ? one.startsAtUnixMs - other.startsAtUnixMs : byLevel;
}

function asNow(alerts: readonly OpenAlert[], outlook: Outlook, now: PipelineMoment): readonly FiringAlert[] {
  return alerts.map((alert) => {
    const asSeen = outlook.asSeen(alert);
    const heldBy = outlook.filters.flatMap(({ name, judge }) => {
      const { outcome, reason } = judge(asSeen, now);
      return outcome === "held" ? [{ stage: name, reason }] : [];
    });
    return {
      event: outlook.refresh(alert.rule, alert.event),
      labels: asSeen.labels,
      heldBy,
      notified: [...alert.notified.keys()],
    };
  });
}

/** Makes groups due at once if one of their alerts was held until now and is held no longer. */
export function wakeGroups(
  { alerts, groups }: PipelineState,
  { asSeen }: Outlook,
  isConcerned: (labels: Labels) => boolean,
  nowMs: number,
): void {
  for (const group of groups.values()) {
    const members = [...group.members].flatMap((id) => alerts.get(id) ?? []);
    if (members.some((alert) => isConcerned(asSeen(alert).labels))) group.dueMs = Math.min(group.dueMs, nowMs);
  }
}
