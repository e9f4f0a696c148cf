import type { LoadedRule } from "./loaded-rule.ts";

export type Counts = Readonly<Record<string, number>>;

/**
 * What a rule counted since the last look under the keys with these labels: for each aggregate by name its first slot, the total of
 * `count` and `sum`, the value of `min` and `max`, and for `avg` the mean. A key has no other labels than the rule's, so
 * one that is not named here may have any value.
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
        aggregates.flatMap(({ aggregate }, index): [string, number][] => {
          const [first, events] = row.values[index] ?? [];
          if (first === undefined) return [];
          return [[aggregate.name, aggregate.function === "avg" ? first / (events ?? 1) : first]];
        }),
      ),
    }));
}

/** The one key with these labels; throws where there is none, or another one. */
export async function counted(rule: LoadedRule, labels: Readonly<Record<string, string>> = {}): Promise<Counts> {
  const rows = await countedRows(rule, labels);
  const [row] = rows;
  if (row === undefined || rows.length > 1)
    throw new Error(`expected one key with ${JSON.stringify(labels)}, found ${JSON.stringify(rows)}`);
  return row.counts;
}
