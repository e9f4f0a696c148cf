import type { AggregateFunction } from "../checked-program.ts";

interface AggregateRecord {
  readonly name: string;
  readonly usage: string;
  /** a sentence for documentation */
  readonly doc: string;
  /** absent where this version cannot compile it yet */
  readonly kept?: { readonly function: AggregateFunction; readonly takesValue: boolean };
}

const RECORDS: readonly AggregateRecord[] = [
  { name: "count", usage: "count()", doc: "How many.", kept: { function: "count", takesValue: false } },
  { name: "sum", usage: "sum(x)", doc: "The total.", kept: { function: "sum", takesValue: true } },
  { name: "avg", usage: "avg(x)", doc: "The mean.", kept: { function: "avg", takesValue: true } },
  { name: "min", usage: "min(x)", doc: "The least.", kept: { function: "min", takesValue: true } },
  { name: "max", usage: "max(x)", doc: "The greatest.", kept: { function: "max", takesValue: true } },
  { name: "last", usage: "last(x)", doc: "The most recent." },
  { name: "histogram", usage: "histogram(x)", doc: "The distribution, with quantiles." },
  { name: "linear_histogram", usage: "linear_histogram(x, lo, hi, step)", doc: "The distribution in equal steps." },
  { name: "distinct", usage: "distinct(x)", doc: "How many different ones." },
];

/** All aggregate functions, in the order of the documentation. */
export const AGGREGATE_NAMES: ReadonlyMap<string, AggregateRecord> = new Map(
  RECORDS.map((record) => [record.name, record]),
);
