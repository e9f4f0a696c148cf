import type { Confidence } from "../../../daemon/evaluate/alerts/alert.ts";
import type { AlertView } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { TrialHistory } from "../../../daemon/try/trial-history.ts";
import type { RankedSample } from "../../../daemon/try/trial-history.ts";
import type { TrialRule, TrialSample } from "../../../daemon/try/trial-rule.ts";

export const CONFIDENCE: Confidence = {
  lostEvents: 0,
  keysOverLimit: 0,
  faultedReads: 0,
  orphanedSpans: 0,
  skippedRuns: 0,
  lateTicks: 0,
  windowFilled: 1,
};

/** A rule with `by: [comm]`, one number and a threshold. */
export const RULE: TrialRule = {
  name: "calls",
  windowMs: 60_000,
  keys: ["comm"],
  values: [{ name: "value", unit: "plain", from: "aggregate", index: 0 }],
  measures: {},
  steps: new Map(),
  hasThreshold: true,
  hasRecords: false,
};

export function view(
  labels: AlertView["labels"],
  values: AlertView["values"],
  more: Partial<AlertView> = {},
): AlertView {
  return {
    rule: "calls",
    labels,
    values,
    state: "ok",
    reason: "the threshold does not hold",
    confidence: CONFIDENCE,
    ...more,
  };
}

export function ranked(views: readonly AlertView[], more: Partial<TrialSample> = {}): RankedSample {
  const sample = { rule: RULE, views, confidence: CONFIDENCE, records: 0, ...more };
  return new TrialHistory(sample.rule).take(sample);
}
