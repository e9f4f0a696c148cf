import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { EventRecord } from "../sample/sample.ts";
import type { TrialRule } from "./trial-rule.ts";
import type { RankedSample } from "./trial-history.ts";

/** What happened in a trial as a whole. */
export interface TrialTotals {
  readonly elapsedMs: number;
  /** how long it is to take; absent: until it is stopped */
  readonly forMs?: number;
  readonly records: number;
  /** alerts that began to fire, of all keys */
  readonly fired: number;
  readonly resolved: number;
}

/** A rule that has been attached, and where. */
export interface AttachedRule {
  readonly rule: TrialRule;
  readonly probes: readonly string[];
}

/** Shows a trial: each call is something that happened. */
export interface TrialOutput {
  started(rules: readonly AttachedRule[], nowUnixMs: number): void;
  records(records: readonly EventRecord[]): void;
  /** changes of alerts, before the samples of the tick that brought them */
  alerts(events: readonly AlertEvent[], nowUnixMs: number): void;
  samples(samples: readonly RankedSample[], totals: TrialTotals, nowUnixMs: number): void;
  /** what went wrong, in one line */
  trouble(message: string): void;
  /** everything is detached; the last samples hold what was counted until then */
  ended(samples: readonly RankedSample[], totals: TrialTotals, nowUnixMs: number): void;
}
