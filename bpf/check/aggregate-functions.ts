import type { AggregateFunction, AggregateStorage } from "./checked-program.ts";

export interface AggregateRecord {
  readonly name: AggregateFunction;
  readonly usage: string;
  /** a sentence for documentation */
  readonly doc: string;
  /** what it is given of each event: nothing, an integer, or anything that could be a key */
  readonly takes: "nothing" | "integer" | "anything";
  /** literals behind the value: `lo, hi, step` */
  readonly bounds: number;
  /** whether a last argument may say how often an event counts */
  readonly weighs: boolean;
  readonly storage: AggregateStorage;
}

const RECORDS: readonly AggregateRecord[] = [
  {
    name: "count",
    usage: "count()",
    doc: "The number of events.",
    takes: "nothing",
    bounds: 0,
    weighs: false,
    storage: "slots",
  },
  { name: "sum", usage: "sum(x)", doc: "The total.", takes: "integer", bounds: 0, weighs: false, storage: "slots" },
  {
    name: "avg",
    usage: "avg(x[, weight])",
    doc: "The mean.",
    takes: "integer",
    bounds: 0,
    weighs: true,
    storage: "slots",
  },
  {
    name: "min",
    usage: "min(x)",
    doc: "The smallest value.",
    takes: "integer",
    bounds: 0,
    weighs: false,
    storage: "slots",
  },
  {
    name: "max",
    usage: "max(x)",
    doc: "The largest value.",
    takes: "integer",
    bounds: 0,
    weighs: false,
    storage: "slots",
  },
  {
    name: "last",
    usage: "last(x)",
    doc: "The most recent value, by the time of the event, whichever CPU it was on.",
    takes: "integer",
    bounds: 0,
    weighs: false,
    storage: "slots",
  },
  {
    name: "histogram",
    usage: "histogram(x[, weight])",
    doc: "The distribution, with quantiles that are right to 6.25 %: eight buckets for each power of two.",
    takes: "integer",
    bounds: 0,
    weighs: true,
    storage: "buckets",
  },
  {
    name: "linear_histogram",
    usage: "linear_histogram(x, lo, hi, step[, weight])",
    doc: "The distribution in equal steps from lo to hi, and what lies below and above.",
    takes: "integer",
    bounds: 3,
    weighs: true,
    storage: "buckets",
  },
  {
    name: "distinct",
    usage: "distinct(x)",
    doc: "The number of different values: an estimate with a standard error of 3.3 %, close to exact for a few.",
    takes: "anything",
    bounds: 0,
    weighs: false,
    storage: "registers",
  },
];

/** All aggregate functions, in the order of the documentation. */
export const AGGREGATE_NAMES: ReadonlyMap<string, AggregateRecord> = new Map(
  RECORDS.map((record) => [record.name, record]),
);

/** How they are written. */
export const AGGREGATE_USAGES: readonly string[] = RECORDS.map(({ usage }) => usage);

/** Those that keep the form of what they are given: quantiles can be asked of them. */
export const isDistribution = (name: AggregateFunction): boolean => storageOf(name) === "buckets";

export function storageOf(name: AggregateFunction): AggregateStorage {
  const record = AGGREGATE_NAMES.get(name);
  if (record === undefined) throw new Error(`no aggregate function is called ${name}`);
  return record.storage;
}
