import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import { addBuckets, distributionWindow, quantileOf } from "../../../daemon/evaluate/window/distribution-window.ts";
import type { LoadedRule } from "./loaded-rule.ts";

export type Counts = Readonly<Record<string, number>>;

/**
 * Returns the counts of a rule since the last call for the keys with these labels. They are, for
 * each aggregate by name, the total of `count` and `sum`, the value of `min`, `max` and `last`, and
 * the mean of `avg`. A histogram has its number of values, and two quantiles as `NAME_p50` and
 * `NAME_p99`. A label that is not named here may have any value.
 */
export async function countedRows(
  rule: LoadedRule,
  labels: Readonly<Record<string, string>>,
): Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly counts: Counts }[]> {
  const { rows } = await rule.sample();
  const { aggregates } = rule.built.object.layout;
  return rows
    .filter((row) => Object.entries(labels).every(([name, value]) => row.labels[name] === value))
    .map((row) => ({
      labels: row.labels,
      counts: Object.fromEntries(
        aggregates.flatMap(({ aggregate }, index) => numbersOf(aggregate, row.values[index] ?? [])),
      ),
    }));
}

/** Returns the one key with these labels. Throws if there is no such key, or more than one. */
export async function counted(rule: LoadedRule, labels: Readonly<Record<string, string>> = {}): Promise<Counts> {
  const rows = await countedRows(rule, labels);
  const [row] = rows;
  if (row === undefined || rows.length > 1)
    throw new Error(`expected one key with ${JSON.stringify(labels)}, found ${JSON.stringify(rows)}`);
  return row.counts;
}

function numbersOf(aggregate: Aggregate, values: readonly number[]): readonly (readonly [string, number])[] {
  const { name } = aggregate;
  if (aggregate.function === "histogram") {
    const distribution = distributionWindow(aggregate);
    addBuckets(distribution, values);
    const quantile = (part: number): number => quantileOf(distribution, part) ?? 0;
    return [
      [name, distribution.count],
      [`${name}_p50`, quantile(0.5)],
      [`${name}_p99`, quantile(0.99)],
    ];
  }
  const [first, events] = values;
  if (first === undefined) return [];
  return [[name, aggregate.function === "avg" ? first / (events ?? 1) : first]];
}
