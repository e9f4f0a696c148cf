import { setImmediate } from "node:timers/promises";
import type { MetricFamily } from "./metric-family.ts";
import { METRICS, readMetric } from "./metric-table.ts";
import type { MetricsSource } from "./metrics-source.ts";
import { ruleFamilies } from "./rule-values.ts";
import { familyText, type TextFormat } from "./text-format.ts";

/** The length of a piece after which other work runs. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * Writes all metrics, in pieces. The values of one rule are of one tick. Between pieces other work
 * runs: ten thousand time series take longer than the ticks can wait.
 */
export async function* exposition(source: MetricsSource, format: TextFormat): AsyncGenerator<string, void> {
  let piece = "";
  for (const group of groups(source)) {
    for (const family of group) piece += familyText(family, format);
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = "";
    await setImmediate();
  }
  yield piece + format.end;
}

/** Returns all families, each name once; those of one rule together. */
function* groups(source: MetricsSource): Generator<readonly MetricFamily[], void> {
  const names = new Set(METRICS.map(({ name }) => name));
  for (const metric of METRICS) yield [readMetric(metric, source)];
  const rules = source.rules().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const rule of rules) yield ruleFamilies(rule).map((family) => ({ ...family, name: claim(names, family.name) }));
}

/** Returns a name that no other family has: `a-b` and `a.b` look the same as names of metrics. */
function claim(names: Set<string>, wanted: string): string {
  let name = wanted;
  for (let number = 2; names.has(name); number++) name = `${wanted}_${number}`;
  names.add(name);
  return name;
}
