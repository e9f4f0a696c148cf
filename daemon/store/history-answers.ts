import type { WorstValue } from "./history-change.ts";

/** A question to the history. Times are Unix milliseconds. */
export type HistoryQuestion = EntriesQuestion | ReportQuestion;

/** Alerts that fired in a span of time, or before and were not over yet. */
export interface EntriesQuestion {
  readonly kind: "entries";
  readonly sinceUnixMs: number;
  readonly untilUnixMs: number;
  /** of a rule, or of a notice of this name */
  readonly rule?: string;
  /** that this receiver was notified of */
  readonly receiver?: string;
  /** drills as well */
  readonly drills: boolean;
  /** the latest ones */
  readonly limit: number;
}

export interface ReportQuestion {
  readonly kind: "report";
  readonly sinceUnixMs: number;
  readonly untilUnixMs: number;
  /** the rules that can fire; absent if they are not known */
  readonly rules?: readonly string[];
}

/** The answer to `EntriesQuestion`. Times are RFC 3339. */
export interface HistoryReport {
  readonly since: string;
  readonly until: string;
  /** by the time at which they fired, the latest last */
  readonly alerts: readonly HistoryEntry[];
  /** the number of further, earlier alerts */
  readonly omitted: number;
}

export interface HistoryEntry {
  readonly id: string;
  readonly alertname: string;
  /** the rule that it is about */
  readonly rule: string;
  readonly labels: Readonly<Record<string, string>>;
  /** the last level */
  readonly level: string;
  /** the highest level */
  readonly peak: string;
  /** since when its threshold held; absent without `for` */
  readonly pendingAt?: string;
  readonly firedAt: string;
  /** absent while it fires */
  readonly endedAt?: string;
  /** how long it fired, or has fired until now */
  readonly lastedMs: number;
  /** why it fired */
  readonly reason: string;
  readonly endReason?: string;
  readonly summary: string;
  readonly worst?: Omit<WorstValue, "unixMs"> & { readonly at: string };
  /** changes of its level, the oldest first */
  readonly levels: readonly { readonly at: string; readonly level: string; readonly reason: string }[];
  readonly notified: readonly NotifiedEntry[];
  readonly heldBack: readonly HeldEntry[];
  readonly drill: boolean;
}

/** A receiver that was notified. */
export interface NotifiedEntry {
  readonly receiver: string;
  readonly status: string;
  /** when the message was made */
  readonly at: string;
  readonly outcome: "waiting" | "delivered" | "failed" | "dropped";
  readonly settledAt?: string;
  readonly error?: string;
}

export interface HeldEntry {
  readonly stage: string;
  readonly reason: string;
  /** absent if it applies to all */
  readonly receiver?: string;
  readonly at: string;
}

/** The answer to `ReportQuestion`. */
export interface WeeklyReport {
  readonly since: string;
  readonly until: string;
  /** without drills, also those that fired before and were not over */
  readonly alerts: number;
  readonly drills: number;
  /** the noisiest first */
  readonly rules: readonly RuleHistory[];
  /** the keys with the most alerts, if more than one */
  readonly keys: readonly KeyHistory[];
  /** absent if no daemon says which rules run */
  readonly neverFired?: readonly string[];
  readonly heldBack: readonly StageHistory[];
  readonly receivers: readonly ReceiverHistory[];
  readonly losses: readonly LossHistory[];
}

export interface RuleHistory {
  readonly alertname: string;
  /** the rule that a notice is about; otherwise the alertname */
  readonly rule: string;
  readonly alerts: number;
  readonly firing: number;
  /** time from firing to the end; absent if none has ended */
  readonly medianMs?: number;
  readonly longestMs?: number;
  /** the most times that one key fired within an hour */
  readonly mostWithinHour: number;
  /** alerts that something held back */
  readonly heldBack: number;
  /** alerts that no receiver was notified of */
  readonly notNotified: number;
}

export interface KeyHistory {
  readonly alertname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly alerts: number;
}

export interface StageHistory {
  readonly stage: string;
  readonly reason: string;
  readonly alerts: number;
}

export interface ReceiverHistory {
  readonly receiver: string;
  readonly delivered: number;
  readonly waiting: number;
  readonly failed: number;
  readonly dropped: number;
  /** the last error */
  readonly error?: string;
}

export interface LossHistory {
  readonly rule: string;
  readonly what: string;
  readonly count: number;
}
