import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { RuleStatus } from "../api/rule-status.ts";
import type { StatusReport } from "../api/status-report.ts";
import type { RuleState } from "../evaluate/rule-state.ts";
import type { AlertDecisions } from "../notify/stages/decision-log.ts";
import type { WorstFiring } from "../notify/stages/firing-alerts.ts";
import type { Labels } from "../notify/stages/alert-labels.ts";

/** A running rule as the page reads it. */
export interface PageSubject {
  readonly name: string;
  readonly status: RuleStatus;
  readonly state: RuleState;
}

/** The parts of the daemon that the page shows. */
export interface PageSource {
  readonly nowUnixMs: () => number;
  readonly nowMs: () => number;
  readonly rules: () => readonly PageSubject[];
  /** the status without its rules, which the page summarizes itself: it has to be quick */
  readonly standing: () => Omit<StatusReport, "rules">;
  readonly problems: () => readonly Diagnostic[];
  readonly firing: (most: number) => WorstFiring;
  readonly decisions: (rule: string) => readonly AlertDecisions[];
  /** the actions of a rule's alerts */
  readonly actionsOf: (rule: string) => readonly string[];
  /** the labels of the settings */
  readonly labels: () => Labels;
  /** asks for the latest alerts of a day; the answer is a `HistoryReport` as JSON */
  readonly history: (most: number) => Promise<string>;
  /** called with an error of ours: the page stays as it is */
  readonly onFault: (error: unknown) => void;
}
