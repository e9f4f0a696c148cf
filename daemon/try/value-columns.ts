import type { AlertValues, DistributionValue } from "../evaluate/alerts/alert.ts";
import { type Beyond, boundText } from "../evaluate/formula/bound-text.ts";
import type { NamedValue } from "../evaluate/formula/check-formulas.ts";
import type { Unit } from "../evaluate/formula/formula.ts";
import { numberText } from "../text/number-text.ts";
import type { TrialRule } from "./trial-rule.ts";
import { durationText } from "../text/duration-text.ts";

/** A value as the table shows it, of a histogram a few of them. */
export interface ValueColumn {
  readonly title: string;
  readonly unit: Unit;
  /** undefined where there is no data */
  readonly numberOf: (values: AlertValues) => number | undefined;
  /** whether that is only a bound */
  readonly beyondOf?: (values: AlertValues) => Beyond | undefined;
}

type Measure = Exclude<keyof DistributionValue, "buckets" | "beyond">;

const MEASURES: readonly Measure[] = ["p999", "p99", "p95", "p90", "p50", "mean", "count"];
/** What is shown of a histogram beside what thresholds ask for. */
const ALSO: readonly Measure[] = ["p50", "count"];

/** The columns of a rule's values, in their order; of a histogram first what its threshold asks for, or the p99: keys are sorted by it. */
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

/** The histogram of this name. */
export function distributionOf(values: AlertValues, name: string): DistributionValue | undefined {
  const value = values[name];
  return typeof value === "object" ? value : undefined;
}

/** `-` stands for no data. */
export function valueText({ numberOf, beyondOf, unit }: ValueColumn, values: AlertValues): string {
  const value = numberOf(values);
  if (value === undefined) return "-";
  return boundText(beyondOf?.(values), unit === "duration" ? durationText(value) : numberText(value));
}
