import type { AlertState } from "../../evaluate/alerts/alert.ts";
import type { Labels } from "../../notify/stages/alert-labels.ts";

/** The answer for `bpfwarden explain ALERT`. */
export interface ExplainReport {
  readonly alerts: readonly ExplainedAlert[];
  /** the number of further alerts that match */
  readonly omitted: number;
}

export interface ExplainedAlert {
  readonly alertname: string;
  readonly labels: Labels;
  readonly state: AlertState | "ended";
  readonly parts: readonly ExplainedPart[];
}

/** Sentences about one question. */
export interface ExplainedPart {
  readonly about: "state" | "counted" | "why" | "unseen" | "notified" | "end";
  readonly sentences: readonly string[];
}
