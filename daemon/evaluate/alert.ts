import type { EventRecord } from "../sample/sample.ts";
import type { Level } from "../rules/rule-syntax.ts";

/**
 * ok: the threshold does not hold. pending: it holds, but not yet for `for`. firing: it does. no_data: there is too little to
 * judge. degraded: the probe is detached, lossy or over budget, so that the values cannot be trusted.
 */
export type AlertState = "ok" | "pending" | "firing" | "no_data" | "degraded";

/** How far the values can be trusted, since the window's start. */
export interface Confidence {
  readonly lostEvents: number;
  readonly keysOverLimit: number;
  readonly faultedReads: number;
  /** starts of spans whose end was never seen */
  readonly orphanedSpans: number;
  /** runs that the kernel left out because the program ran on that CPU already; null where it does not count them */
  readonly skippedRuns: number | null;
  readonly lateTicks: number;
  /** the part of the window that has been watched, 0 to 1 */
  readonly windowFilled: number;
}

/** What users see of a histogram over the window. Null is no data: there are no values. Durations are nanoseconds. */
export interface DistributionValue {
  readonly count: number;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  /** those that are not empty, in the order of values: `from` <= value < `to`; null where a bucket is open */
  readonly buckets: readonly { readonly from: number | null; readonly to: number | null; readonly count: number }[];
}

/** By name; undefined for no data. */
export type AlertValues = Readonly<Record<string, number | DistributionValue | undefined>>;

/** One change of one alert that users hear of: it fires, changes its level, or is resolved. */
export interface AlertEvent {
  readonly rule: string;
  /** the rule's labels and the key's columns; identity of the alert together with `rule` */
  readonly labels: Readonly<Record<string, string>>;
  readonly status: "firing" | "resolved";
  readonly level: Level;
  /** signals, `let` names and `value` */
  readonly values: AlertValues;
  /** in words: why this state */
  readonly reason: string;
  readonly startsAtUnixMs: number;
  readonly endsAtUnixMs?: number;
  readonly windowMs: number;
  readonly confidence: Confidence;
  /** rendered with the rule's template */
  readonly summary: string;
  readonly description?: string;
  readonly runbook?: string;
  /** the first value of the last ticks, the oldest first; undefined is no data. Absent where a rule has too many keys for that */
  readonly lastValues?: readonly (number | undefined)[];
  /** of a rule with `by`: the keys whose first value is the highest now */
  readonly topKeys?: readonly TopKey[];
  /** the last records of the key, of a rule that has `event` beside its threshold */
  readonly evidence?: readonly EventRecord[];
}

export interface TopKey {
  /** the key's columns */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
