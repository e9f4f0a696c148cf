/**
 * The memory of an aggregate: a few slots, a counter for each of many buckets, or registers of one
 * byte.
 */
export type AggregateStorage = "slots" | "buckets" | "registers";

/** An aggregate function, with everything that more than one stage needs to know of it. */
export interface AggregateRecord {
  readonly name: AggregateFunction;
  readonly usage: string;
  /** a sentence for documentation */
  readonly doc: string;
  /** the argument that it takes at each event: none, an integer, or anything that could be a key */
  readonly takes: "nothing" | "integer" | "anything";
  /** literals after the value: `lo, hi, step` */
  readonly bounds: number;
  /** true if a last argument may say how often an event counts */
  readonly weighs: boolean;
  readonly storage: AggregateStorage;
  /**
   * True if it is 0 without an event, and can grow until the window is full. Otherwise it has no
   * data without an event, and describes the events so far.
   */
  readonly emptyIsZero: boolean;
  /** true if the numbers of two keys, or of two windows, can be added: for `rate` and `total` */
  readonly addsUp: boolean;
  /** true if it adds the values themselves, so that a negative one makes it smaller */
  readonly addsValues: boolean;
  /**
   * "value" if its number is in the unit of the values, "plain" if it is a number of events or
   * values
   */
  readonly unit: "value" | "plain";
  /** true if integers give an integer, which cannot be a percentage */
  readonly isWhole: boolean;
  /** the value that it keeps, if it keeps the smallest or the largest one */
  readonly keeps?: "least" | "greatest";
  /**
   * what a program compares to know that a threshold may hold before the next tick: the part of its
   * total that it may still add, or the value itself. Absent if more events can take back what a
   * threshold says.
   */
  readonly wakesBy?: "total" | "rank";
}

/** A number of events or values. */
const COUNT = { emptyIsZero: true, addsUp: true, addsValues: false, unit: "plain", isWhole: true } as const;
/** A number in the unit of the values, which exists only after an event. */
const VALUE = { emptyIsZero: false, addsUp: false, addsValues: false, unit: "value", isWhole: true } as const;
/** Arguments and storage of most functions. */
const PLAIN_CALL = { takes: "integer", bounds: 0, weighs: false, storage: "slots" } as const;

/** All aggregate functions in the order of the documentation. Each has one record. */
const RECORDS = {
  count: {
    usage: "count()",
    doc: "The number of events.",
    ...PLAIN_CALL,
    takes: "nothing",
    ...COUNT,
    wakesBy: "total",
  },
  sum: {
    usage: "sum(x)",
    doc: "The total.",
    ...PLAIN_CALL,
    ...COUNT,
    addsValues: true,
    unit: "value",
    wakesBy: "total",
  },
  avg: { usage: "avg(x[, weight])", doc: "The mean.", ...PLAIN_CALL, weighs: true, ...VALUE, isWhole: false },
  stddev: {
    usage: "stddev(x)",
    doc: "The standard deviation of all values (of the population), exact however large they are.",
    ...PLAIN_CALL,
    ...VALUE,
    isWhole: false,
  },
  min: { usage: "min(x)", doc: "The smallest value.", ...PLAIN_CALL, ...VALUE, keeps: "least", wakesBy: "rank" },
  max: { usage: "max(x)", doc: "The largest value.", ...PLAIN_CALL, ...VALUE, keeps: "greatest", wakesBy: "rank" },
  last: {
    usage: "last(x)",
    doc: "The most recent value of all CPUs, by the time of the event.",
    ...PLAIN_CALL,
    ...VALUE,
  },
  histogram: {
    usage: "histogram(x[, weight])",
    doc: "The distribution, with quantiles that are right to 6.25 %: eight buckets for each power of two.",
    ...{ takes: "integer", bounds: 0, weighs: true, storage: "buckets" },
    ...COUNT,
  },
  linear_histogram: {
    usage: "linear_histogram(x, lo, hi, step[, weight])",
    doc: "The distribution in equal steps from lo to hi, with one more bucket below and one above.",
    ...{ takes: "integer", bounds: 3, weighs: true, storage: "buckets" },
    ...COUNT,
  },
  distinct: {
    usage: "distinct(x)",
    doc: "The number of different values: an estimate with a standard error of 3.3 %, close to exact for a few.",
    ...{ takes: "anything", bounds: 0, weighs: false, storage: "registers" },
    ...COUNT,
    addsUp: false,
  },
} as const satisfies Readonly<Record<string, Omit<AggregateRecord, "name">>>;

/**
 * The name of an aggregate function. `bpf/compile/lower/aggregates` keeps the aggregate in the
 * kernel, once per CPU, and `bpf/load/merge-slots.ts` merges the copies.
 */
export type AggregateFunction = keyof typeof RECORDS;

/** The aggregate functions of one storage. */
export type AggregateStoredIn<Storage extends AggregateStorage> = {
  readonly [Name in AggregateFunction]: (typeof RECORDS)[Name]["storage"] extends Storage ? Name : never;
}[AggregateFunction];

const ALL = (Object.keys(RECORDS) as AggregateFunction[]).map((name): AggregateRecord => ({ name, ...RECORDS[name] }));

/** All aggregate functions by name, in the order of the documentation. */
export const AGGREGATE_NAMES: ReadonlyMap<string, AggregateRecord> = new Map(
  ALL.map((record) => [record.name, record]),
);

/** The calls as users write them. */
export const AGGREGATE_USAGES: readonly string[] = ALL.map(({ usage }) => usage);

/** Returns the record of a function. */
export const aggregateRecord = (name: AggregateFunction): Omit<AggregateRecord, "name"> => RECORDS[name];

/** Returns the functions whose record passes. */
export const aggregatesThat = (passes: (record: AggregateRecord) => boolean): readonly AggregateFunction[] =>
  ALL.filter(passes).map(({ name }) => name);

/** True if the function keeps the distribution of the values, so that it has quantiles. */
export const isDistribution = (name: AggregateFunction): boolean => RECORDS[name].storage === "buckets";
