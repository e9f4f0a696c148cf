import type { TracepointAttach } from "../../bpf/compile/attach-kinds.ts";
import type { AlertState, AlertValues, Confidence } from "../evaluate/alerts/alert.ts";
import type { Level } from "../rules/rule-syntax.ts";
import type { SilenceReport } from "./silence-report.ts";

/**
 * The answer for `bpfwarden status`. `schemas/control.schema.json` describes it and the other
 * answers. All times are RFC 3339.
 */
export interface StatusReport {
  readonly version: string;
  readonly pid: number;
  /** the folder of rules.d and bpfwarden.yaml */
  readonly folder: string;
  readonly startedAt: string;
  readonly rules: readonly RuleSummary[];
  /** the errors in rule files and settings now */
  readonly problems: readonly ProblemReport[];
  readonly receivers: readonly ReceiverReport[];
  /** silences that have not expired */
  readonly silences: readonly SilenceReport[];
  /** firing notices */
  readonly notices: readonly NoticeReport[];
  /** absent if the settings have none */
  readonly heartbeat?: HeartbeatReport;
  /** absent if the settings have no HTTP server */
  readonly http?: HttpReport;
  /** why state does not survive a restart; absent if it does */
  readonly stateTrouble?: string;
  /**
   * the number of state documents since the start that could not be read and were set aside; absent
   * if there are none
   */
  readonly stateSetAside?: number;
}

/** The HTTP server of the settings. */
export interface HttpReport {
  /** the address and the port */
  readonly listen: string;
  /** why it does not listen; absent if it does */
  readonly trouble?: string;
}

/** The heartbeat of the settings. */
export interface HeartbeatReport {
  readonly action: string;
  readonly everyMs: number;
  /** the last one that the receiver took; absent before the first */
  readonly sentAt?: string;
  /** why none is sent now; absent if they are sent */
  readonly heldBack?: string;
  /** the error of the last one; absent if it arrived */
  readonly error?: string;
}

/** An alert of the daemon about itself. */
export interface NoticeReport {
  readonly alertname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly level: Level;
  readonly reason: string;
  readonly startsAt: string;
}

/** One rule, over all its keys. */
export interface RuleSummary {
  readonly rule: string;
  /** the file of the rule */
  readonly path: string;
  /** the worst state of its keys, or degraded if its values cannot be trusted */
  readonly state: AlertState;
  /** the highest firing level */
  readonly level?: Level;
  /** why it is degraded */
  readonly degraded?: string;
  /**
   * files of other users' processes that its probes could not follow, with reasons; absent if there
   * are none
   */
  readonly notFollowed?: readonly string[];
  /**
   * how often the counts of a key are under `other` in /metrics, because of `limits.series`; absent
   * if they never are
   */
  readonly seriesLeftOut?: number;
  readonly keys: KeyCounts;
  /**
   * the values of its only key, or of the key in the worst state; of equal ones, that with the
   * highest first value
   */
  readonly values: AlertValues;
  /** names of values that are nanoseconds */
  readonly durations: readonly string[];
  /** the measures of histograms in thresholds, by name of the value: `p95` */
  readonly measures: Readonly<Record<string, readonly string[]>>;
  /** the labels of that key, if the rule has `by` */
  readonly labels?: Readonly<Record<string, string>>;
  /** as they are attached now */
  readonly probes: readonly string[];
  readonly cost: RuleCost;
  readonly confidence: Confidence;
}

export interface KeyCounts {
  readonly all: number;
  readonly pending: number;
  readonly firing: number;
  readonly noData: number;
}

export interface RuleCost {
  /** the kernel memory of its maps */
  readonly kernelBytes: number;
  /**
   * the share of one CPU that its programs took when they were measured last: 0.05 is 5 %; absent
   * until then
   */
  readonly cpu?: number;
  /**
   * the number and duration of its programs' runs, while the kernel counted them: a second in
   * thirty, or always with `kernel.bpf_stats_enabled`; absent if it did not
   */
  readonly runs?: number;
  readonly runTimeNs?: number;
}

/** The answer for `bpfwarden status RULE`. */
export interface RuleReport extends RuleSummary {
  readonly description?: string;
  /**
   * conditions by level, and `clear` and `when`, as the rule spells them; empty without a threshold
   */
  readonly threshold: Readonly<Record<string, string>>;
  /** when its alerts are decided; absent without a threshold */
  readonly decided?: DecidedReport;
  readonly windowMs: number;
  readonly forMs: number;
  readonly keepFiringMs: number;
  /** `end`: an alert of a key ends after a window without data, the default for rules with `by` */
  readonly noData: "keep" | "ok" | "alert" | "end";
  readonly actions: readonly string[];
  /** how its tracepoints are attached; absent if it has none */
  readonly tracepoints?: readonly TracepointAttach[];
  /** the worst first, at most `MAX_KEYS` */
  readonly alerts: readonly KeyReport[];
  /** the number of further keys */
  readonly omitted: number;
}

/** When alerts of a rule are decided: with the event that crosses the threshold, or at ticks only. */
export interface DecidedReport {
  readonly when: "at once" | "at the tick";
  /** why at ticks only */
  readonly because?: string;
}

export const MAX_KEYS = 1000;

/** One key of a rule, or a notice about the rule. */
export interface KeyReport {
  readonly alertname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: AlertState;
  readonly level?: Level;
  readonly startsAt?: string;
  /** why it is in this state, as text */
  readonly reason: string;
  readonly values: AlertValues;
  /** the last decisions of the notification stages; empty if there was nothing to notify */
  readonly decisions: readonly DecisionReport[];
}

export interface DecisionReport {
  readonly stage: string;
  readonly outcome: string;
  readonly reason: string;
  /** absent if it applies to all actions */
  readonly action?: string;
  readonly at: string;
}

/** A diagnostic with its place. Lines and columns begin at 1. */
export interface ProblemReport {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly help?: string;
}

/** One action of the settings, with the results of its messages since the start. */
export interface ReceiverReport {
  readonly name: string;
  readonly kind: string;
  readonly waiting: number;
  /** messages; for a log, records and changes of alerts */
  readonly delivered: number;
  readonly retried: number;
  readonly failed: number;
  readonly dropped: number;
  /** undelivered messages after a failed try, the oldest first, at most `MAX_FAILING` */
  readonly failing: readonly FailingReport[];
  /**
   * records that the budget holds back now and that the next message counts; absent if there are
   * none
   */
  readonly heldBack?: number;
  /** records since the start that could not be written to a log; absent if there are none */
  readonly lost?: number;
  /** why a log cannot be written now */
  readonly trouble?: string;
  /** messages that were given up, the latest first, at most `MAX_FAILING`; they stay in state.db */
  readonly deadLetters: readonly DeadLetterReport[];
}

export const MAX_FAILING = 10;

export interface DeadLetterReport {
  readonly id: string;
  readonly rule: string;
  readonly since: string;
  readonly givenUpAt: string;
  /** the number of alerts or records in it */
  readonly items: number;
  readonly error: string;
}

/** A message after a failed try. */
export interface FailingReport {
  readonly id: string;
  readonly rule: string;
  readonly since: string;
  readonly tries: number;
  /** the error of the last try */
  readonly error: string;
}
