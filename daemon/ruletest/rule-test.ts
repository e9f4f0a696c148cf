import type { Value } from "../../bpf/interpret/value.ts";
import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { Span } from "../../bpf/source/source.ts";
import type { AlertState } from "../evaluate/alerts/alert.ts";
import type { Level } from "../rules/rule-syntax.ts";
import type { SeriesItem } from "./series.ts";

/** One test of a test file, validated for form. The names of its rule are not checked yet. */
export interface RuleTest {
  readonly name: Spelled;
  /** the whole document */
  readonly span: Span;
  /** absent if the rule file has only one rule */
  readonly rule?: Spelled;
  readonly intervalMs: number;
  readonly series: readonly KeySeries[];
  readonly events: readonly TestEvent[];
  readonly untilMs?: number;
  /** all sent alerts; absent if only states are checked */
  readonly expect?: readonly ExpectedAlert[];
  readonly states: readonly ExpectedState[];
  /** all records, in order; absent if records are not checked */
  readonly records?: readonly ExpectedRecord[];
}

/** An event at a probe, with its number of times. */
export interface TestEvent {
  readonly at: TestTime;
  readonly times: number;
  /** the only signal that gets the event; absent if all do */
  readonly signal?: Spelled;
  /**
   * the only probe of the event, as the rule spells it; absent if it is any probe whose filter
   * accepts it
   */
  readonly probe?: Spelled;
  /** the values of the rule's expressions, with the spelling of `normalText` */
  readonly values: ReadonlyMap<string, Value>;
  /** the fields of records that the test checks */
  readonly wanted: ReadonlySet<string>;
  readonly span: Span;
}

/** An expected record. Only the named fields are compared. */
export interface ExpectedRecord {
  readonly at: TestTime;
  readonly fields: readonly TestLabel[];
  readonly span: Span;
}

/** The counts of one key over time. */
export interface KeySeries {
  readonly labels: readonly TestLabel[];
  /** the place for messages about the labels */
  readonly span: Span;
  readonly signals: readonly { readonly name: Spelled; readonly items: readonly SeriesItem[] }[];
}

export interface TestLabel {
  readonly name: Spelled;
  readonly value: string;
}

/** A time of a test: milliseconds from its beginning. */
export interface TestTime {
  readonly ms: number;
  readonly span: Span;
}

/** An expected alert. Only the present properties and labels are compared. */
export interface ExpectedAlert {
  readonly at: TestTime;
  readonly status: "firing" | "resolved";
  readonly alert?: string;
  readonly labels: readonly TestLabel[];
  readonly severity?: Level;
  readonly summary?: string;
  readonly reason?: string;
  readonly span: Span;
}

/** The state of an alert after a tick; `absent` if the rule has no such key. */
export interface ExpectedState {
  readonly at: TestTime;
  readonly state: AlertState | "absent";
  readonly labels: readonly TestLabel[];
  readonly severity?: Level;
  readonly reason?: string;
  readonly span: Span;
}
