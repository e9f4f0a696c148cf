import { type ChartLimit, type ChartValue, chartValue } from "../evaluate/alerts/chart-value.ts";
import { shownText } from "../evaluate/formula/shown-text.ts";
import type { ShownUnit } from "../evaluate/formula/shown-unit.ts";
import type { RuleState } from "../evaluate/rule-state.ts";
import type { PageChart } from "./page-report.ts";

/** The time between two points of a chart. */
export const STEP_MS = 10_000;
/** The points of an hour. */
export const POINTS = 360;

interface Ring {
  readonly name: string;
  readonly unit: ShownUnit;
  limits: readonly ChartLimit[];
  /** the oldest first; NaN is no data */
  readonly values: number[];
  atUnixMs: number;
}

/**
 * The values of each rule's worst key in the last hour: at most a point each ten seconds. They are
 * kept while the page is served, in about 3 KiB of memory for a rule.
 */
export class ValueRings {
  readonly #rings = new Map<string, Ring>();
  /** as they were asked for since the last point */
  #charts: readonly PageChart[] | undefined;

  /** Adds a point for each rule, and forgets rules that no longer run. */
  sample(rules: readonly { readonly name: string; readonly state: RuleState }[], unixMs: number): void {
    this.#charts = undefined;
    const names = new Set(rules.map(({ name }) => name));
    for (const name of this.#rings.keys()) if (!names.has(name)) this.#rings.delete(name);
    for (const { name, state } of rules) {
      const now = chartValue(state);
      if (now === undefined) this.#rings.delete(name);
      else this.#add(name, now, unixMs);
    }
  }

  clear(): void {
    this.#rings.clear();
    this.#charts = undefined;
  }

  charts(): readonly PageChart[] {
    this.#charts ??= [...this.#rings].map(([id, ring]) => chartOf(id, ring));
    return this.#charts;
  }

  #add(rule: string, { name, unit, value, limits }: ChartValue, unixMs: number): void {
    const known = this.#rings.get(rule);
    const isSame = known?.name === name && known.unit === unit;
    const ring = isSame ? known : { name, unit, limits, values: [], atUnixMs: unixMs };
    // Points that were missed, such as while the host slept, are no data.
    const missed = Math.min(POINTS, Math.round((unixMs - ring.atUnixMs) / STEP_MS) - 1);
    for (let n = 0; n < missed; n++) ring.values.push(NaN);
    ring.values.push(value ?? NaN);
    if (ring.values.length > POINTS) ring.values.splice(0, ring.values.length - POINTS);
    ring.limits = limits;
    ring.atUnixMs = unixMs;
    this.#rings.set(rule, ring);
  }
}

function chartOf(id: string, { name, unit, limits, values, atUnixMs }: Ring): PageChart {
  const known = values.filter((value) => Number.isFinite(value));
  const text = (of: (...numbers: number[]) => number): string =>
    known.length === 0 ? "no data" : shownText(of(...known), unit);
  return {
    ...{ id, name, stepMs: STEP_MS, toUnixMs: atUnixMs },
    points: values.map((value) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : null)),
    ...{ highest: text(Math.max), lowest: text(Math.min) },
    limits: limits.map(({ level, value }) => ({ level, value, text: shownText(value, unit) })),
  };
}
