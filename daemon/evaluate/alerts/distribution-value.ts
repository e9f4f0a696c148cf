import { bucketBounds } from "../../../bpf/compile/buckets.ts";
import { durationText } from "../../text/duration-text.ts";
import type { DistributionValue } from "./alert.ts";
import { bucketsOf, type DistributionWindow, meanOf, quantileOf } from "../window/distribution-window.ts";
import type { Unit } from "../formula/formula.ts";
import { type Beyond, boundText } from "../formula/bound-text.ts";
import { MEASURES } from "../formula/formula-measures.ts";

/** Returns a histogram as programs receive it. */
export function distributionValue(distribution: DistributionWindow): DistributionValue {
  const { aggregate, count } = distribution;
  const beyond = boundsOf(distribution);
  const quantile = (part: number): number | null => quantileOf(distribution, part) ?? null;
  return {
    count,
    mean: meanOf(distribution) ?? null,
    p50: quantile(0.5),
    p90: quantile(0.9),
    p95: quantile(0.95),
    p99: quantile(0.99),
    p999: quantile(0.999),
    ...(Object.keys(beyond).length > 0 && { beyond }),
    buckets: bucketsOf(distribution).map(([bucket, inside]) => {
      const { from, to } = bucketBounds(aggregate, bucket);
      return { from: bound(from), to: bound(to), count: inside };
    }),
  };
}

const bound = (value: bigint | undefined): number | null => (value === undefined ? null : Number(value));

/** Returns the measures that are only bounds, by name. */
function boundsOf(distribution: DistributionWindow): Readonly<Record<string, Beyond>> {
  const bounds: Record<string, Beyond> = {};
  for (const [name, { beyond }] of Object.entries(MEASURES)) {
    const found = beyond?.(distribution);
    if (found !== undefined) bounds[name] = found;
  }
  return bounds;
}

type Shown = Readonly<Record<string, string | number>>;

/** Returns a histogram as summaries show it: `{{ value.p99 }}`, and `{{ value }}` as its `text`. */
export function shownDistribution(value: DistributionValue, unit: Unit): Shown {
  const { count, mean, p50, p90, p95, p99, p999 } = value;
  const shown = Object.entries({ mean, p50, p90, p95, p99, p999 }).map(([name, number]): [string, string | number] => {
    if (number === null) return [name, "no data"];
    const text = unit === "duration" ? durationText(number) : number;
    const beyond = value.beyond?.[name];
    return [name, beyond === undefined ? text : boundText(beyond, String(text))];
  });
  const numbers: Shown = Object.fromEntries(shown);
  const text = count === 0 ? "no values" : `p50 ${numbers["p50"]}, p99 ${numbers["p99"]} of ${count} values`;
  return { count, ...numbers, text };
}
