import type { MetricFamily, MetricLabels, NumberPoint } from "./metric-family.ts";
import type { MetricsSource } from "./metrics-source.ts";

/** One metric of the daemon itself. */
export interface MetricRecord extends Omit<MetricFamily, "points"> {
  /** names of its labels, for documentation */
  readonly labels: readonly string[];
  readonly read: (source: MetricsSource) => readonly NumberPoint[];
}

/** Returns one time series without further labels. */
export const alone = (value: number): readonly NumberPoint[] => [{ labels: {}, value }];

export const point = (labels: MetricLabels, value: number): NumberPoint => ({ labels, value });
