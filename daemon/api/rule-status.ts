import type { TracepointAttach } from "../../bpf/compile/attach-kinds.ts";
import type { Confidence } from "../evaluate/alerts/alert.ts";
import type { AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import type { DecidedReport, RuleCost } from "./status-report.ts";

/** The properties of a running rule for reports. */
export interface RuleStatus {
  readonly name: string;
  readonly path: string;
  readonly rule: RuleSyntax;
  /** conditions as text: by level, then `clear` and `when` */
  readonly threshold: Readonly<Record<string, string>>;
  /** when its alerts are decided; absent without a threshold */
  readonly decided?: DecidedReport;
  /** names of values that are nanoseconds */
  readonly durations: readonly string[];
  /** the measures of histograms in thresholds, by name of the value: `p95` */
  readonly measures: Readonly<Record<string, readonly string[]>>;
  readonly views: () => readonly AlertView[];
  /** why it is degraded */
  readonly degraded: string | undefined;
  /** files of other users' processes that its probes could not follow, with reasons */
  readonly notFollowed: readonly string[];
  /** how often the counts of a key are under `other` in metrics, for want of time series */
  readonly seriesLeftOut: number;
  readonly probes: readonly string[];
  /** how its tracepoints are attached */
  readonly tracepoints: readonly TracepointAttach[];
  readonly cost: RuleCost;
  readonly confidence: Confidence;
}
