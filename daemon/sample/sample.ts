import type { HealthCounter } from "../../bpf/compile/object-spec.ts";

/** The decoded counts of one rule in one tick. From here on, numbers are doubles. */
export interface Sample {
  readonly rule: string;
  /** when the generation was closed, CLOCK_BOOTTIME in milliseconds */
  readonly atMs: number;
  /** how long the generation was open */
  readonly intervalMs: number;
  /** one row without labels if the rule has no `by` */
  readonly rows: readonly SampleRow[];
  readonly health: Readonly<Record<HealthCounter, number>>;
}

export interface SampleRow {
  /** the `by` columns in readable form; `{other: "true"}` for keys beyond the limit */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * by index of the rule's aggregates: the slots of `AggregateFunction`, or undefined if nothing
   * was counted
   */
  readonly values: readonly (readonly number[] | undefined)[];
}

/** One record of a rule with `event`. */
export interface EventRecord {
  readonly rule: string;
  /** Unix nanoseconds */
  readonly timeNs: bigint;
  /**
   * decoded columns in the order of the rule: integers up to 2^53 as numbers, larger ones as
   * decimal strings
   */
  readonly fields: Readonly<Record<string, EventValue>>;
  /** names of fields whose text was cut */
  readonly truncated: readonly string[];
  /**
   * names of fields whose bytes were not UTF-8 and contain `\xNN` (`decodeText`); absent if there
   * are none
   */
  readonly escaped?: readonly string[];
  /**
   * names of fields whose memory could not be read: they are null, or a part of the arguments.
   * "filter" if the filter could not be decided. Absent if there are none.
   */
  readonly unreadable?: readonly string[];
  /** names of fields in whose text secrets were replaced; absent if there are none */
  readonly redacted?: readonly string[];
  /** names of fields that are durations in nanoseconds; absent if there are none */
  readonly durations?: readonly string[];
}

/** The value of a field. A stack is a list of frames, innermost first. */
export type EventValue = string | number | boolean | null | readonly string[];
