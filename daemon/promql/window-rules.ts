import type { Aggregate } from "../../bpf/check/checked-program.ts";
import type { ValueMetric } from "../metrics/metric-name.ts";
import { NotInPromql } from "./not-in-promql.ts";
import { type PromqlContext, recordName } from "./promql-context.ts";
import { promDuration } from "./term.ts";

/** A recording rule of Prometheus. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** The operators that make one value of those of several hosts, by the aggregate. */
const OVER_HOSTS: Partial<Readonly<Record<Aggregate["function"], string>>> = { min: "min", max: "max" };

/** Returns the recording rules for a metric over the window of its rule. */
export function windowRules(context: PromqlContext, metric: ValueMetric): readonly RecordingRule[] {
  const { name, type, aggregate } = metric;
  if (type === "counter")
    return [{ record: recordName(metric), expr: summed(context, windowOf(context, `${name}_total`)) }];
  if (type === "histogram")
    return [
      { record: recordName(metric, "_count"), expr: summed(context, windowOf(context, `${name}_count`)) },
      { record: recordName(metric, "_bucket"), expr: summed(context, bucketsOf(context, name), ["le"]) },
    ];
  if (aggregate === undefined) return [];
  if (aggregate.function === "sum")
    return [{ record: recordName(metric), expr: summed(context, netOf(context, name)) }];
  if (context.by === undefined) return [{ record: recordName(metric), expr: name }];
  const over = OVER_HOSTS[aggregate.function];
  if (over === undefined) throw new NotInPromql(`${aggregate.function}() over several hosts`, aggregate.span);
  return [{ record: recordName(metric), expr: `${over} by (${["rule", ...context.by].join(", ")}) (${name})` }];
}

function summed({ by }: PromqlContext, expression: string, more: readonly string[] = []): string {
  return by === undefined ? expression : `sum by (${["rule", ...more, ...by].join(", ")}) (${expression})`;
}

/**
 * Returns the count in the window: the difference to the counter a window ago. A counter that is
 * new, or that began again, has counted all in the window. `increase` would leave out the first
 * count of a key, and guess at the edges.
 */
function windowOf(context: PromqlContext, counter: string): string {
  return `${differenceOf(context, counter)} or ${newOf(context, counter)}`;
}

const differenceOf = ({ windowMs }: PromqlContext, counter: string): string =>
  `(${counter} - ${counter} offset ${promDuration(windowMs)} >= 0)`;

/**
 * Returns the counters without a difference, if the daemon was read a window ago, or did not run
 * then: otherwise Prometheus was away, and they may have counted before.
 */
function newOf(context: PromqlContext, counter: string): string {
  const window = promDuration(context.windowMs);
  const isKnown = `(bpfwarden_build_info offset ${window} or time() - process_start_time_seconds < ${context.windowMs / 1000})`;
  return `(${counter} unless ${differenceOf(context, counter)}) and on(job, instance) ${isKnown}`;
}

/**
 * Does the same for a sum that can go down, so that its value does not show that it began again.
 * The start of the process does.
 */
function netOf({ windowMs }: PromqlContext, sum: string): string {
  const window = promDuration(windowMs);
  const age = "time() - process_start_time_seconds";
  return [
    `((${sum} - ${sum} offset ${window}) and on(job, instance) (${age} >= ${windowMs / 1000}))`,
    `(${sum} and on(job, instance) (${age} < ${windowMs / 1000}))`,
    `((${sum} unless ${sum} offset ${window}) and on(job, instance) bpfwarden_build_info offset ${window})`,
  ].join(" or ");
}

/** Does the same for the buckets of a histogram. Those of one key are all taken the same way. */
function bucketsOf(context: PromqlContext, name: string): string {
  const [buckets, count, window] = [`${name}_bucket`, `${name}_count`, promDuration(context.windowMs)];
  return [
    `((${buckets} - ${buckets} offset ${window}) and ignoring(le) ${differenceOf(context, count)})`,
    `(${buckets} and ignoring(le) (${newOf(context, count)}))`,
  ].join(" or ");
}
