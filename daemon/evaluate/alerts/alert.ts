import type { Beyond } from "../formula/bound-text.ts";
import type { EventRecord } from "../../sample/sample.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import type { ComparisonOperator } from "../../../bpf/language/expression.ts";
import type { ShownUnit } from "../formula/shown-unit.ts";

/**
 * ok: the threshold does not hold. pending: it holds, but not yet for `for`. firing: it does.
 * no_data: there is too little to judge. degraded: the probe is detached, lossy or over budget, so
 * that the values cannot be trusted.
 */
export type AlertState = "ok" | "pending" | "firing" | "no_data" | "degraded";

/** The trust in the values, in numbers, since the window's start. */
export interface Confidence {
  readonly lostEvents: number;
  readonly keysOverLimit: number;
  readonly faultedReads: number;
  /** starts of spans whose end was never seen */
  readonly orphanedSpans: number;
  /**
   * runs that the kernel left out because the program ran on that CPU already; null if it does not
   * count them
   */
  readonly skippedRuns: number | null;
  readonly lateTicks: number;
  /** records beyond their user's share; absent if there were no such events */
  readonly leftOutRecords?: number;
  /**
   * starts of spans for which there was no room, so that their ends were not counted; absent if
   * there were no such events
   */
  readonly lostSpans?: number;
  /**
   * events that were not counted, because memory of the process that decides could not be read;
   * absent if there were no such events
   */
  readonly unknownEvents?: number;
  /** the part of the window that has been watched, 0 to 1 */
  readonly windowFilled: number;
}

/**
 * A histogram over the window as users see it. Null is no data: there are no values. Durations are
 * nanoseconds.
 */
export interface DistributionValue {
  readonly count: number;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  /**
   * for each field above that is only a bound, by its name: the side on which the exact value lies;
   * absent if all are exact
   */
  readonly beyond?: Readonly<Record<string, Beyond>>;
  /**
   * the buckets that are not empty, in the order of values: `from` <= value < `to`; null if a
   * bucket is open
   */
  readonly buckets: readonly { readonly from: number | null; readonly to: number | null; readonly count: number }[];
}

/** The values by name; undefined is no data. */
export type AlertValues = Readonly<Record<string, number | DistributionValue | undefined>>;

/**
 * The value that a threshold compares, as it is and as it was at its worst. Durations are
 * nanoseconds, ratios 0 to 1.
 */
export interface JudgedValue {
  /** its name in messages: `p99`, `ratio` */
  readonly name: string;
  readonly unit: ShownUnit;
  /** undefined for no data */
  readonly value: number | undefined;
  readonly beyond?: Beyond;
  /** the time of the value; the values and top keys are of the same time */
  readonly atUnixMs: number;
  /** the direction of values that the alert is about */
  readonly worst: "highest" | "lowest";
  /** absent for `in` */
  readonly operator?: ComparisonOperator;
  /** what the value is compared with; absent for no data */
  readonly limit?: number;
  /** the worst value since the alert fires */
  readonly peak?: PeakValue;
}

export interface PeakValue {
  readonly value: number;
  readonly beyond?: Beyond;
  readonly atUnixMs: number;
}

/**
 * One change of one alert that receivers are notified of: it fires, changes its level, or is
 * resolved.
 */
export interface AlertEvent {
  readonly rule: string;
  /** the rule's labels and the key's columns; identity of the alert together with `rule` */
  readonly labels: Readonly<Record<string, string>>;
  /** the settings' labels by which receivers know it, if the settings have others by now */
  readonly settingsLabels?: Readonly<Record<string, string>>;
  readonly status: "firing" | "resolved";
  readonly level: Level;
  /** signals, `let` names and `value` */
  readonly values: AlertValues;
  /** the units of `values`, by name; plain numbers are left out */
  readonly units?: Readonly<Record<string, ShownUnit>>;
  /** what the threshold compares; absent for notices */
  readonly judged?: JudgedValue;
  /** the columns of the key alone; absent for notices */
  readonly key?: Readonly<Record<string, string>>;
  /** the reason for this state, in words */
  readonly reason: string;
  /** true if it has ended, and the receiver of this message was never notified that it fires */
  readonly wasUnknown?: boolean;
  readonly startsAtUnixMs: number;
  /** since when its threshold held, without a break; absent if it fired at once */
  readonly pendingSinceUnixMs?: number;
  readonly endsAtUnixMs?: number;
  readonly windowMs: number;
  readonly confidence: Confidence;
  /** rendered with the rule's template */
  readonly summary: string;
  readonly description?: string;
  readonly runbook?: string;
  /**
   * the value that the threshold compares (the p99, the ratio) in the last ticks, the oldest first;
   * undefined is no data. Absent if a rule has too many keys for that
   */
  readonly lastValues?: readonly (number | undefined)[];
  /** when the first of `lastValues` was, Unix milliseconds */
  readonly lastValuesFromUnixMs?: number;
  /** for a rule with `by`: the keys that are worst now in the value that the threshold compares */
  readonly topKeys?: readonly TopKey[];
  /** the last records of the key, for a rule that has `event` beside its threshold */
  readonly evidence?: readonly EventRecord[];
}

export interface TopKey {
  /** the key's columns */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly beyond?: Beyond;
}
