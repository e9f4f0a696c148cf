import type { Level } from "../rules/rule-syntax.ts";
import type { DecisionReport } from "./status-report.ts";

/** What asks for a drill: an alert of a rule as if it fired, and then as if it were resolved. */
export interface DrillRequest {
  readonly rule: string;
  /** the labels of its key, as `by` names them; what is not given is `drill` */
  readonly key?: Readonly<Record<string, string>>;
  /** the rule's highest where not given */
  readonly level?: Level;
  /** whether it is sent although a stage would hold it */
  readonly force?: boolean;
}

export interface DrillReport {
  readonly rule: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  /** what each stage said of it */
  readonly decisions: readonly DecisionReport[];
  /** what receivers answered, to the alert and to its end; empty where it was held */
  readonly answers: readonly AnswerReport[];
  /** whether it was sent to at least one receiver, and all of them took it */
  readonly ok: boolean;
}

export interface AnswerReport {
  readonly action: string;
  readonly kind: string;
  readonly status: "firing" | "resolved";
  readonly ok: boolean;
  /** such as `HTTP 204`, what a mail server said, or the path of a log; or what went wrong */
  readonly answer: string;
  readonly elapsedMs: number;
}

/** The outcome of one delivery, in words. */
export function answerOf(
  { action, kind, status }: Pick<AnswerReport, "action" | "kind" | "status">,
  outcome: { readonly ok: boolean; readonly error?: string; readonly warning?: string },
  elapsedMs: number,
): AnswerReport {
  const answer = outcome.error ?? outcome.warning ?? "accepted";
  return { action, kind, status, ok: outcome.ok, answer, elapsedMs: Math.round(elapsedMs) };
}
