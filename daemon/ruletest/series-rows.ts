import { aggregateRecord } from "../../bpf/check/aggregate-functions.ts";
import type { Aggregate } from "../../bpf/check/checked-program.ts";
import { bucketOf } from "../../bpf/compile/buckets.ts";
import { packRegister } from "../../bpf/compile/registers.ts";
import { deviationNumbers } from "../sample/wide-numbers.ts";
import type { SampleRow } from "../sample/sample.ts";
import type { KeySeries, RuleTest } from "./rule-test.ts";
import type { SeriesItem } from "./series.ts";
import { START_MS, tickAt } from "./ticks.ts";

/** Returns the counts of a test's series, by tick number. */
export function seriesRows(
  { series, intervalMs }: Pick<RuleTest, "series" | "intervalMs">,
  aggregates: readonly Aggregate[],
): ReadonlyMap<number, readonly SampleRow[]> {
  const rows = new Map<number, SampleRow[]>();
  for (const key of series) {
    const labels = Object.fromEntries(key.labels.map(({ name, value }) => [name.text, value]));
    const longest = Math.max(0, ...key.signals.map(({ items }) => items.length));
    for (let index = 0; index < longest; index++) {
      const values = valuesAt(key, index, index * intervalMs, aggregates);
      if (values.every((value) => value === undefined)) continue;
      const tick = tickAt(index * intervalMs);
      const among = rows.get(tick) ?? [];
      among.push({ labels, values });
      rows.set(tick, among);
    }
  }
  return rows;
}

function valuesAt(
  { signals }: KeySeries,
  index: number,
  atMs: number,
  aggregates: readonly Aggregate[],
): SampleRow["values"] {
  return aggregates.map((aggregate) => {
    const item = signals.find(({ name }) => name.text === aggregate.name)?.items[index];
    return item && !addsNothing(aggregate, item) ? slotsOf(aggregate, item, START_MS + atMs) : undefined;
  });
}

/** Returns true for a value that counts nothing: such a key has no row in the kernel. */
function addsNothing({ function: name }: Aggregate, { value, count }: NonNullable<SeriesItem>): boolean {
  const { emptyIsZero, storage } = aggregateRecord(name);
  return emptyIsZero && storage === "slots" && value * count === 0;
}

/** Returns the slots that the kernel would have for `count` times `value`. */
export function slotsOf(
  aggregate: Aggregate,
  { value, count }: NonNullable<SeriesItem>,
  atMs: number,
): readonly number[] {
  switch (aggregate.function) {
    case "count":
    case "sum":
      return [value * count];
    case "avg":
      return [value * count, count];
    case "stddev":
      return deviationOfSeries(BigInt(Math.round(value)), BigInt(Math.round(count)));
    case "min":
    case "max":
      return [value, 1];
    case "last":
      return [value, atMs * 1e6];
    case "histogram":
    case "linear_histogram":
      return [bucketOf(aggregate, BigInt(Math.round(value))), count];
    case "distinct":
      return registersOf(value * count);
  }
}

const deviationOfSeries = (value: bigint, count: bigint): readonly number[] =>
  deviationNumbers([value * count, count, value * value * count]);

/** Returns the registers of so many different values, the same in each interval. */
function registersOf(different: number): readonly number[] {
  return Array.from({ length: Math.min(different, 1024) }, (_, register) => packRegister(register, 1));
}
