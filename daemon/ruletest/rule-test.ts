import type { Value } from "../../bpf/interpret/value.ts";
import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { Span } from "../../bpf/source/source.ts";
import type { AlertState } from "../evaluate/alerts/alert.ts";
import type { Level } from "../rules/rule-syntax.ts";
import type { SeriesItem } from "./series.ts";

/** One test of a test file, read and validated for form; whether its rule has what it names is not looked at yet. */
export interface RuleTest {
  readonly name: Spelled;
  /** the whole document */
  readonly span: Span;
  /** absent: that of the file beside, where it has one */
  readonly rule?: Spelled;
  readonly intervalMs: number;
  readonly series: readonly KeySeries[];
  readonly events: readonly TestEvent[];
  readonly untilMs?: number;
  /** all that is sent; absent where only states are looked at */
  readonly expect?: readonly ExpectedAlert[];
  readonly states: readonly ExpectedState[];
  /** all that is recorded, in order; absent where records are not looked at */
  readonly records?: readonly ExpectedRecord[];
}

/** Something that happens at a probe, so often. */
export interface TestEvent {
  readonly at: TestTime;
  readonly times: number;
  /** the only signal that hears of it; absent: all do */
  readonly signal?: Spelled;
  /** the only probe where it happens, as the rule spells it; absent: any whose filter lets it pass */
  readonly probe?: Spelled;
  /** what expressions of the rule are, by how `normalText` spells them */
  readonly values: ReadonlyMap<string, Value>;
  /** the fields of records that a test looks at */
  readonly wanted: ReadonlySet<string>;
  readonly span: Span;
}

/** A record; of its fields those named are compared. */
export interface ExpectedRecord {
  readonly at: TestTime;
  readonly fields: readonly TestLabel[];
  readonly span: Span;
}

/** What one key counts over time. */
export interface KeySeries {
  readonly labels: readonly TestLabel[];
  /** what a message about the labels points at */
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

/** An alert as it is sent. What is absent is not compared; of labels those named are. */
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

/** How an alert stands after a tick; `absent` where the rule knows of no such key. */
export interface ExpectedState {
  readonly at: TestTime;
  readonly state: AlertState | "absent";
  readonly labels: readonly TestLabel[];
  readonly severity?: Level;
  readonly reason?: string;
  readonly span: Span;
}
