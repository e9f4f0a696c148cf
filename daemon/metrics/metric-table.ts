import { PROCESS_METRICS } from "./process-metrics.ts";
import { RECEIVER_METRICS } from "./receiver-metrics.ts";
import { RULE_METRICS } from "./rule-metrics.ts";
import type { MetricRecord } from "./metric-record.ts";
import type { MetricsSource } from "./metrics-source.ts";
import type { MetricFamily } from "./metric-family.ts";

/** All metrics but the values of rules, in the order in which they are written. */
export const METRICS: readonly MetricRecord[] = [...RULE_METRICS, ...RECEIVER_METRICS, ...PROCESS_METRICS];

/** Reads a metric. */
export function readMetric(metric: MetricRecord, source: MetricsSource): MetricFamily {
  const { name, type, unit, help, read } = metric;
  return { name, type, help, ...(unit && { unit }), points: read(source) };
}
