import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Labels } from "./alert-labels.ts";
import type { FilterStage, StageAlert, StageName } from "./decision.ts";
import type { OpenAlert, PipelineState } from "./pipeline-state.ts";

/** An alert that fires, and whether anything keeps it from being sent. */
export interface FiringAlert {
  readonly event: AlertEvent;
  /** as matchers see them */
  readonly labels: Labels;
  /** empty where nothing holds it */
  readonly heldBy: readonly { readonly stage: StageName; readonly reason: string }[];
  /** the actions that were notified of it */
  readonly notified: readonly string[];
}

/** How the pipeline looks at its alerts. */
export interface Outlook {
  readonly filters: readonly FilterStage[];
  readonly asSeen: (alert: OpenAlert) => StageAlert;
  /** the alert with the values that it has now */
  readonly refresh: (rule: string, event: AlertEvent) => AlertEvent;
}

/** The alerts that fire, as they would be sent now, with what holds each of them now. */
export function firingAlerts({ alerts }: PipelineState, outlook: Outlook, unixMs: number): readonly FiringAlert[] {
  return [...alerts.values()].flatMap((alert) => {
    if (alert.event.status !== "firing") return [];
    const asSeen = outlook.asSeen(alert);
    const heldBy = outlook.filters.flatMap(({ name, judge }) => {
      const { outcome, reason } = judge(asSeen, unixMs);
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

/**
 * Has groups not wait for their interval where something held one of their alerts until now, and
 * holds it no longer.
 */
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
