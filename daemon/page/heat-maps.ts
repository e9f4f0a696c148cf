import { chartHistogram, type NamedDistribution } from "../evaluate/alerts/chart-value.ts";
import { shownText } from "../evaluate/formula/shown-text.ts";
import type { ShownUnit } from "../evaluate/formula/shown-unit.ts";
import type { RuleState } from "../evaluate/rule-state.ts";
import type { PageHeat } from "./page-report.ts";
import { POINTS, STEP_MS } from "./value-rings.ts";

/** A row is half of a power of two: the page shows the shape, the kernel's buckets are finer. */
const ROWS_AN_OCTAVE = 2;
/** The row of values up to 0. */
const ZERO = -1;
const MOST_ROWS = 48;

interface HeatMap {
  readonly name: string;
  readonly unit: ShownUnit;
  /** the oldest first: counts by row */
  readonly columns: ReadonlyMap<number, number>[];
  atUnixMs: number;
}

/** The histograms of the worst keys in the last hour, for rules that have one. */
export class HeatMaps {
  readonly #maps = new Map<string, HeatMap>();

  /** Adds a column for each rule with a histogram, and forgets the others. */
  sample(rules: readonly { readonly name: string; readonly state: RuleState }[], unixMs: number): void {
    const names = new Set(rules.map(({ name }) => name));
    for (const name of this.#maps.keys()) if (!names.has(name)) this.#maps.delete(name);
    for (const { name, state } of rules) {
      const now = chartHistogram(state);
      if (now === undefined) this.#maps.delete(name);
      else this.#add(name, now, unixMs);
    }
  }

  clear(): void {
    this.#maps.clear();
  }

  heat(rule: string): PageHeat | undefined {
    const map = this.#maps.get(rule);
    return map && heatOf(map);
  }

  #add(rule: string, { name, unit, buckets }: NamedDistribution, unixMs: number): void {
    const known = this.#maps.get(rule);
    const map = known?.name === name && known.unit === unit ? known : { name, unit, columns: [], atUnixMs: unixMs };
    map.columns.push(columnOf(buckets));
    if (map.columns.length > POINTS) map.columns.shift();
    map.atUnixMs = unixMs;
    this.#maps.set(rule, map);
  }
}

function columnOf(buckets: NamedDistribution["buckets"]): ReadonlyMap<number, number> {
  const column = new Map<number, number>();
  for (const { from, count } of buckets) {
    const row = from === null || from < 1 ? ZERO : Math.floor(ROWS_AN_OCTAVE * Math.log2(from) + 1e-9);
    column.set(row, (column.get(row) ?? 0) + count);
  }
  return column;
}

function heatOf({ name, unit, columns, atUnixMs }: HeatMap): PageHeat | undefined {
  const used = columns.flatMap((column) => [...column.keys()]);
  if (used.length === 0) return undefined;
  const highest = Math.max(...used);
  const lowest = Math.max(Math.min(...used), highest - MOST_ROWS + 1);
  const rows = Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index);
  return {
    ...{ name, stepMs: STEP_MS, toUnixMs: atUnixMs },
    rows: rows.map((row) => (row === ZERO ? "0" : shownText(Math.round(2 ** (row / ROWS_AN_OCTAVE)), unit))),
    columns: columns.map((column) =>
      [...column].flatMap(([row, count]) => (row < lowest ? [] : [row - lowest, count])),
    ),
  };
}
