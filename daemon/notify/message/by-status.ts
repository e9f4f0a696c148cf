import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import { severityOf } from "../stages/severity.ts";

export interface ByStatus {
  readonly firing: readonly AlertEvent[];
  readonly ended: readonly AlertEvent[];
}

/** Alerts that fire, and those that do not any more, each in their order. */
export function byStatus(alerts: readonly AlertEvent[]): ByStatus {
  const fires = ({ status }: AlertEvent): boolean => status === "firing";
  return { firing: alerts.filter(fires), ended: alerts.filter((alert) => !fires(alert)) };
}

/** What fires comes before what has ended. */
export function endedLast(alerts: readonly AlertEvent[]): readonly AlertEvent[] {
  const { firing, ended } = byStatus(alerts);
  return [...firing, ...ended];
}

/** The most severe first; those that are equally severe stay in their order. */
export function mostSevereFirst(alerts: readonly AlertEvent[]): readonly AlertEvent[] {
  return alerts.toSorted((a, b) => severityOf(b.level) - severityOf(a.level));
}
