import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
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
  return [...alerts.values()].flatMap((alert) => {
    if (alert.event.status !== "firing") return [];
    const asSeen = outlook.asSeen(alert);
    const heldBy = outlook.filters.flatMap(({ name, judge }) => {
      const { outcome, reason } = judge(asSeen, now);
      return outcome === "held" ? [{ stage: name, reason }] : [];
    });
    return [
      {
        event: outlook.refresh(alert.rule, alert.event),
        labels: asSeen.labels,
        heldBy,
        notified: [...alert.notified.keys()],
      },
    ];
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
