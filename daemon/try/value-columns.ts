import type { AlertValues, DistributionValue } from "../evaluate/alerts/alert.ts";
import { type Beyond, boundText } from "../evaluate/formula/bound-text.ts";
import type { NamedValue } from "../evaluate/formula/check-formulas.ts";
import type { Unit } from "../evaluate/formula/formula.ts";
import { numberText } from "../text/number-text.ts";
import type { TrialRule } from "./trial-rule.ts";
import { durationText } from "../text/duration-text.ts";

/** A column of the table: a value, or one measure of a histogram. */
export interface ValueColumn {
  readonly title: string;
  readonly unit: Unit;
  /** undefined without data */
  readonly numberOf: (values: AlertValues) => number | undefined;
  /** returns the side on which the value is only a bound */
  readonly beyondOf?: (values: AlertValues) => Beyond | undefined;
}

type Measure = Exclude<keyof DistributionValue, "buckets" | "beyond">;

const MEASURES: readonly Measure[] = ["p999", "p99", "p95", "p90", "p50", "mean", "count"];
/** The measures of a histogram that are shown besides those of thresholds. */
const ALSO: readonly Measure[] = ["p50", "count"];

/**
 * Returns the columns of a rule's values in order. A histogram begins with the measures of its
 * threshold, or p99, because keys are sorted by the first column.
 */
export function valueColumns({ values, measures }: Pick<TrialRule, "values" | "measures">): readonly ValueColumn[] {
  return values.flatMap((value) => {
    if (value.from !== "distribution") return [ofNumber(value)];
    const asked = MEASURES.filter((measure) => measures[value.name]?.includes(measure));
    return ofDistribution(value, [...new Set([...(asked.length > 0 ? asked : ["p99" as const]), ...ALSO])]);
  });
}

function ofNumber({ name, unit }: NamedValue): ValueColumn {
  return {
    title: name,
    unit,
    numberOf(values) {
      const value = values[name];
      return typeof value === "number" ? value : undefined;
    },
  };
}

function ofDistribution({ name, unit }: NamedValue, parts: readonly Measure[]): readonly ValueColumn[] {
  return parts.map((part) => ({
    title: name === "value" ? part : `${name}.${part}`,
    unit: part === "count" ? "plain" : unit,
    numberOf: (values) => distributionOf(values, name)?.[part] ?? undefined,
    beyondOf: (values) => distributionOf(values, name)?.beyond?.[part],
  }));
}

/** Returns the histogram with this name. */
export function distributionOf(values: AlertValues, name: string): DistributionValue | undefined {
  const value = values[name];
  return typeof value === "object" ? value : undefined;
}

/** Formats a value; `-` means no data. */
export function valueText({ numberOf, beyondOf, unit }: ValueColumn, values: AlertValues): string {
  const value = numberOf(values);
  if (value === undefined) return "-";
  return boundText(beyondOf?.(values), unit === "duration" ? durationText(value) : numberText(value));
}
