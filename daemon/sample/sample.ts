import type { HealthCounter } from "../../bpf/compile/object-spec.ts";

/** What one rule counted in one tick, decoded. Numbers are doubles from here on. */
export interface Sample {
  readonly rule: string;
  /** when the generation was closed, CLOCK_BOOTTIME in milliseconds */
  readonly atMs: number;
  /** how long the generation was open */
  readonly intervalMs: number;
  /** one row without labels where the rule has no `by` */
  readonly rows: readonly SampleRow[];
  readonly health: Readonly<Record<HealthCounter, number>>;
}

export interface SampleRow {
  /** the `by` columns as users read them; `{other: "true"}` for keys beyond the limit */
  readonly labels: Readonly<Record<string, string>>;
  /** by index of the rule's aggregates; the slots of `AggregateFunction`, or undefined where nothing was counted */
  readonly values: readonly (readonly number[] | undefined)[];
}

/** One record of a rule with `event`. */
export interface EventRecord {
  readonly rule: string;
  /** Unix nanoseconds */
  readonly timeNs: bigint;
  /** decoded columns, in the order of the rule: integers up to 2^53 as numbers, larger as decimal strings */
  readonly fields: Readonly<Record<string, EventValue>>;
  /** names of fields whose text was cut */
  readonly truncated: readonly string[];
  /** names of fields whose bytes were not UTF-8 and stand as `\xNN` in the text (`decodeText`); absent where there are none */
  readonly escaped?: readonly string[];
  /**
   * names of fields whose memory could not be read, which are null or, of arguments, a part, and "filter" where it is not known whether the
   * event passes it; absent where there are none
   */
  readonly unreadable?: readonly string[];
  /** names of fields that are nanoseconds of a duration; absent where there are none */
  readonly durations?: readonly string[];
}

/** a stack is a list of frames, innermost first */
export type EventValue = string | number | boolean | null | readonly string[];
