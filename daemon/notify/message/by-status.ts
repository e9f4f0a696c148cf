import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import { severityOf } from "../stages/severity.ts";

export interface ByStatus {
  readonly firing: readonly AlertEvent[];
  readonly ended: readonly AlertEvent[];
}

/** Separates alerts that fire from those that have ended, each in their order. */
export function byStatus(alerts: readonly AlertEvent[]): ByStatus {
  const fires = ({ status }: AlertEvent): boolean => status === "firing";
  return { firing: alerts.filter(fires), ended: alerts.filter((alert) => !fires(alert)) };
}

/** Returns the alerts that fire before those that have ended. */
export function endedLast(alerts: readonly AlertEvent[]): readonly AlertEvent[] {
  const { firing, ended } = byStatus(alerts);
  return [...firing, ...ended];
}

/** Sorts the most severe first; alerts that are equally severe stay in their order. */
export function mostSevereFirst(alerts: readonly AlertEvent[]): readonly AlertEvent[] {
  return alerts.toSorted((a, b) => severityOf(b.level) - severityOf(a.level));
}
