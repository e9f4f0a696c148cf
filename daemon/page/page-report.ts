/**
 * The messages of the status page. This file imports nothing, because the browser's files use it
 * too. All texts are ready to be shown: in the units of `bpfwarden status`, with control and
 * bidirectional characters made visible, and cut to a length. They are texts, never markup.
 */

/** A state as the page marks it. */
export type PageState = "ok" | "pending" | "firing" | "no_data" | "degraded";

export type PageLevel = "info" | "warning" | "critical";

/** A part of the page that is replaced as a whole when it changes. */
export interface PageRow {
  /** unique in its list */
  readonly id: string;
}

/** The daemon. */
export interface PageHead extends PageRow {
  /** the label `instance` of the settings */
  readonly instance: string;
  readonly version: string;
  readonly pid: number;
  readonly folder: string;
  readonly startedAtUnixMs: number;
  /** what is wrong with the daemon itself, one line each */
  readonly troubles: readonly string[];
  /** the heartbeat in one line; empty if there is none */
  readonly heartbeat: string;
  /** the numbers of rules by state */
  readonly counts: Readonly<Record<PageState, number>>;
  /** the highest level of a rule that fires */
  readonly level?: PageLevel;
  /** the number of firing alerts */
  readonly firing: number;
  /** the number of those that the page leaves out */
  readonly leftOut: number;
}

/** A name and its value, as a line of a list. */
export interface PageFact {
  readonly name: string;
  readonly value: string;
}

/** The firing alerts of one rule, or notices of one kind of the daemon about itself. */
export interface PageAlert extends PageRow {
  /** the rule, if it runs; empty for a notice about the daemon */
  readonly rule: string;
  /** of the worst one, as all that follows */
  readonly level: PageLevel;
  readonly startsAtUnixMs: number;
  readonly labels: string;
  readonly summary: string;
  /** why it fires */
  readonly reason: string;
  /** the value, the limit and the worst value: `p99 45ms > 20ms, peak 260ms at 03:12:10Z` */
  readonly judged: string;
  readonly values: string;
  /** how far the counts can be trusted */
  readonly confidence: string;
  readonly isDoubtful: boolean;
  readonly topKeys: readonly PageFact[];
  /** the actions that were notified */
  readonly notified: readonly string[];
  /** why receivers are not notified, one line each; empty if they are */
  readonly heldBy: readonly string[];
  /** an http or https URL, or empty */
  readonly runbook: string;
  /** the command that silences it */
  readonly silence: string;
  /** the last records of the key */
  readonly evidence: readonly string[];
  /** the others of the rule, the worst first */
  readonly others: readonly PageOther[];
  /** the number of others that are left out */
  readonly omitted: number;
}

/** An alert beside a worse one of the same rule. */
export interface PageOther {
  readonly level: PageLevel;
  readonly labels: string;
  readonly text: string;
  readonly startsAtUnixMs: number;
  readonly isHeld: boolean;
}

/** One rule, over all its keys. */
export interface PageRule extends PageRow {
  readonly state: PageState;
  readonly level?: PageLevel;
  readonly keys: string;
  readonly value: string;
  /** the labels of the key of the value; empty without `by` */
  readonly labels: string;
  readonly probes: string;
  readonly kernel: string;
  readonly cpu: string;
  readonly run: string;
  /** what was lost, or why it is degraded; empty if nothing was lost */
  readonly lost: string;
}

/** A limit of a chart. */
export interface PageLimit {
  readonly level: PageLevel;
  readonly value: number;
  readonly text: string;
}

/** The values of a rule's worst key in the last hour. */
export interface PageChart extends PageRow {
  /** the name of the value: `p99` */
  readonly name: string;
  readonly stepMs: number;
  /** the time of the last point */
  readonly toUnixMs: number;
  /** the oldest first; null is no data */
  readonly points: readonly (number | null)[];
  readonly highest: string;
  readonly lowest: string;
  readonly limits: readonly PageLimit[];
}

/** One action of the settings. */
export interface PageReceiver extends PageRow {
  readonly kind: string;
  readonly delivered: string;
  readonly waiting: string;
  readonly retried: string;
  readonly failed: string;
  readonly dropped: string;
  readonly isTroubled: boolean;
  /** errors of its messages, and what it holds back, one line each */
  readonly notes: readonly string[];
}

export interface PageSilence extends PageRow {
  readonly state: string;
  readonly matchers: string;
  readonly startsAtUnixMs: number;
  readonly endsAtUnixMs: number;
  readonly author: string;
  readonly comment: string;
}

/** An alert that fired in the last day. */
export interface PageEntry extends PageRow {
  readonly name: string;
  /** the rule that it is about */
  readonly rule: string;
  readonly labels: string;
  /** the highest level */
  readonly level: PageLevel;
  readonly isDrill: boolean;
  readonly firedAtUnixMs: number;
  /** absent while it fires */
  readonly endedAtUnixMs?: number;
  /** the worst value with its name */
  readonly worst: string;
  /** the receivers that took a message about it */
  readonly notified: string;
  /** the stages that held messages about it back */
  readonly heldBy: string;
}

/** A mistake in a file, with its code frame. */
export interface PageProblem extends PageRow {
  readonly place: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly frame: string;
  readonly help: string;
}

/** One key in the view of its rule. */
export interface PageKey {
  readonly name: string;
  readonly labels: string;
  readonly state: PageState;
  readonly level?: PageLevel;
  readonly startsAtUnixMs?: number;
  readonly value: string;
  readonly reason: string;
  /** the last decisions about it: why receivers were notified or not */
  readonly decisions: readonly PageDecision[];
}

export interface PageDecision {
  readonly stage: string;
  readonly outcome: string;
  readonly action: string;
  readonly at: string;
  readonly reason: string;
}

/** The histogram of a rule's worst key over time. */
export interface PageHeat {
  readonly name: string;
  readonly stepMs: number;
  readonly toUnixMs: number;
  /** the lower bounds of the rows, from the lowest to the highest */
  readonly rows: readonly string[];
  /** the oldest first: pairs of a row's index and a count, one after the other */
  readonly columns: readonly (readonly number[])[];
}

/** The view of one rule. */
export interface PageRuleView extends PageRow {
  /** false if no rule of this name runs; `why` says what is known */
  readonly runs: boolean;
  readonly why: string;
  readonly state: PageState;
  readonly level?: PageLevel;
  readonly description: string;
  readonly facts: readonly PageFact[];
  readonly thresholds: readonly PageFact[];
  /** the worst first */
  readonly keys: readonly PageKey[];
  readonly omitted: number;
  readonly heat?: PageHeat;
}

/** All lists of the page, each in the order in which it is shown. */
export interface PageReport {
  readonly head: readonly PageHead[];
  readonly alerts: readonly PageAlert[];
  readonly rules: readonly PageRule[];
  readonly charts: readonly PageChart[];
  readonly receivers: readonly PageReceiver[];
  readonly silences: readonly PageSilence[];
  readonly problems: readonly PageProblem[];
  /** the latest first */
  readonly history: readonly PageEntry[];
  /** the rule that is looked at; empty in the overview */
  readonly views: readonly PageRuleView[];
}

export type PageList = keyof PageReport;

/** The change of one list. */
export interface ListChange {
  /** the ids in order; absent if it is as before */
  readonly order?: readonly string[];
  /** the new and the changed rows */
  readonly rows: readonly PageRow[];
}

/** A message: the lists that changed. The first one after connecting has all of them. */
export interface PageMessage {
  readonly atUnixMs: number;
  /** true for the first message */
  readonly isWhole: boolean;
  readonly lists: Partial<Readonly<Record<PageList, ListChange>>>;
}
