import type { Level } from "../rules/rule-syntax.ts";
import type { DecisionReport } from "./status-report.ts";

/** The request for a drill: an alert of a rule as if it fired and then resolved. */
export interface DrillRequest {
  readonly rule: string;
  /** the labels of its key, by the names in `by`; missing ones are `drill` */
  readonly key?: Readonly<Record<string, string>>;
  /** the rule's highest level if absent */
  readonly level?: Level;
  /** sends it even if a stage would suppress it */
  readonly force?: boolean;
}

export interface DrillReport {
  readonly rule: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  /** the decision of each stage */
  readonly decisions: readonly DecisionReport[];
  /** the receivers' answers to the alert and to its end; empty if it was suppressed */
  readonly answers: readonly AnswerReport[];
  /** it was sent to at least one receiver, and all of them accepted it */
  readonly ok: boolean;
}

export interface AnswerReport {
  readonly action: string;
  readonly kind: string;
  readonly status: "firing" | "resolved";
  readonly ok: boolean;
  /** such as `HTTP 204`, a mail server's answer, the path of a log, or an error */
  readonly answer: string;
  readonly elapsedMs: number;
}

/** Describes the outcome of one delivery. */
export function answerOf(
  { action, kind, status }: Pick<AnswerReport, "action" | "kind" | "status">,
  outcome: { readonly ok: boolean; readonly error?: string; readonly warning?: string },
  elapsedMs: number,
): AnswerReport {
  const answer = outcome.error ?? outcome.warning ?? "accepted";
  return { action, kind, status, ok: outcome.ok, answer, elapsedMs: Math.round(elapsedMs) };
}
