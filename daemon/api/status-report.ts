import type { TracepointAttach } from "../../bpf/compile/attach-kinds.ts";
import type { AlertState, AlertValues, Confidence } from "../evaluate/alerts/alert.ts";
import type { Level } from "../rules/rule-syntax.ts";
import type { SilenceReport } from "./silence-report.ts";

/** What `bpfwarden status` shows. `schemas/control.schema.json` describes it and the other answers; times are RFC 3339, as everywhere there. */
export interface StatusReport {
  readonly version: string;
  readonly pid: number;
  /** holds rules.d and bpfwarden.yaml */
  readonly folder: string;
  readonly startedAt: string;
  readonly rules: readonly RuleSummary[];
  /** what is wrong with rule files and settings as they are now */
  readonly problems: readonly ProblemReport[];
  readonly receivers: readonly ReceiverReport[];
  /** those that are not over */
  readonly silences: readonly SilenceReport[];
  /** what the daemon has to tell of itself: notices that fire */
  readonly notices: readonly NoticeReport[];
  /** why state does not survive a restart; absent where it does */
  readonly stateTrouble?: string;
  /** how many documents of the state could not be read since the start, and were set aside; absent where there were none */
  readonly stateSetAside?: number;
}

/** An alert that the daemon raises about itself. */
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
  /** the file that it was read from */
  readonly path: string;
  /** the worst of its keys' states; degraded where its values cannot be trusted, whatever they are */
  readonly state: AlertState;
  /** the highest level that fires */
  readonly level?: Level;
  /** why it is degraded */
  readonly degraded?: string;
  /** files of other users' processes that its probes could not follow to, and why; absent where there are none */
  readonly notFollowed?: readonly string[];
  readonly keys: KeyCounts;
  /** of its only key, or of the key that is worst off, the one with the highest first value among equals */
  readonly values: AlertValues;
  /** names of values that are nanoseconds */
  readonly durations: readonly string[];
  /** what thresholds ask of histograms, by name of the value: `p95` */
  readonly measures: Readonly<Record<string, readonly string[]>>;
  /** the labels of that key, where the rule has `by` */
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
  /** what its maps take */
  readonly kernelBytes: number;
  /** how often its programs ran, and for how long, while the kernel counted that (`kernel.bpf_stats_enabled`); absent where it did not */
  readonly runs?: number;
  readonly runTimeNs?: number;
}

/** What `bpfwarden status RULE` shows. */
export interface RuleReport extends RuleSummary {
  readonly description?: string;
  /** conditions by level, and `clear` and `when`, in the words of the rule; empty for a rule without a threshold */
  readonly threshold: Readonly<Record<string, string>>;
  readonly windowMs: number;
  readonly forMs: number;
  readonly keepFiringMs: number;
  /** `end`: an alert of a key without data for a whole window ends, as it does where the rule does not say and has `by` */
  readonly noData: "keep" | "ok" | "alert" | "end";
  readonly actions: readonly string[];
  /** how its tracepoints are attached; absent where it has none */
  readonly tracepoints?: readonly TracepointAttach[];
  /** the worst first, at most `MAX_KEYS` */
  readonly alerts: readonly KeyReport[];
  /** keys that are left out */
  readonly omitted: number;
}

export const MAX_KEYS = 1000;

/** One key of a rule, or a notice about the rule itself. */
export interface KeyReport {
  readonly alertname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: AlertState;
  readonly level?: Level;
  readonly startsAt?: string;
  /** in words: why this state */
  readonly reason: string;
  readonly values: AlertValues;
  /** what the stages of notification last said of it; empty where there was nothing to tell */
  readonly decisions: readonly DecisionReport[];
}

export interface DecisionReport {
  readonly stage: string;
  readonly outcome: string;
  readonly reason: string;
  /** absent where it holds for all actions */
  readonly action?: string;
  readonly at: string;
}

/** A diagnostic with its place, lines and columns from 1. */
export interface ProblemReport {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly help?: string;
}

/** One action of the settings, and what became of what went there since the start. */
export interface ReceiverReport {
  readonly name: string;
  readonly kind: string;
  readonly waiting: number;
  /** messages; to a log records, and changes of alerts */
  readonly delivered: number;
  readonly retried: number;
  readonly failed: number;
  readonly dropped: number;
  /** messages that it has not taken yet, the oldest first, at most `MAX_FAILING` */
  readonly failing: readonly FailingReport[];
  /** records that the budget holds back now, and that the next message counts; absent where there are none */
  readonly heldBack?: number;
  /** records that could not be written to a log since the start; absent where there are none */
  readonly lost?: number;
  /** why a log cannot be written to now */
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
  /** alerts or records in it */
  readonly items: number;
  readonly error: string;
}

/** A message that was tried in vain. */
export interface FailingReport {
  readonly id: string;
  readonly rule: string;
  readonly since: string;
  readonly tries: number;
  /** what the last try met */
  readonly error: string;
}
