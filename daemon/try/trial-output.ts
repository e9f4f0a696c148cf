import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { EventRecord } from "../sample/sample.ts";
import type { TrialRule } from "./trial-rule.ts";
import type { RankedSample } from "./trial-history.ts";

/** The totals of a trial. */
export interface TrialTotals {
  readonly elapsedMs: number;
  /** the planned duration; absent if it runs until it is stopped */
  readonly forMs?: number;
  readonly records: number;
  /** alerts that began to fire, of all keys */
  readonly fired: number;
  readonly resolved: number;
}

/** An attached rule with its probes. */
export interface AttachedRule {
  readonly rule: TrialRule;
  readonly probes: readonly string[];
}

/** Shows a trial. Each call is one event. */
export interface TrialOutput {
  started(rules: readonly AttachedRule[], nowUnixMs: number): void;
  records(records: readonly EventRecord[]): void;
  /** changes of alerts, before the samples of the same tick */
  alerts(events: readonly AlertEvent[], nowUnixMs: number): void;
  samples(samples: readonly RankedSample[], totals: TrialTotals, nowUnixMs: number): void;
  /** an error, in one line */
  trouble(message: string): void;
  /** everything is detached; the last samples have all remaining counts */
  ended(samples: readonly RankedSample[], totals: TrialTotals, nowUnixMs: number): void;
}
