import type { AlertValues, DistributionValue } from "../evaluate/alert.ts";
import type { NamedValue } from "../evaluate/check-formulas.ts";
import type { Unit } from "../evaluate/formula.ts";
import { numberText } from "../notify/number-text.ts";
import { durationText } from "../sample/duration-text.ts";

/** A value as the table shows it, of a histogram a few of them. */
export interface ValueColumn {
  readonly title: string;
  readonly unit: Unit;
  /** undefined where there is no data */
  readonly numberOf: (values: AlertValues) => number | undefined;
}

/** What is shown of a histogram, the first of them to sort by: thresholds ask for it. */
const OF_DISTRIBUTION = ["p99", "p50", "count"] as const satisfies readonly (keyof DistributionValue)[];

/** The columns of a rule's values, in their order. */
export function valueColumns(values: readonly NamedValue[]): readonly ValueColumn[] {
  return values.flatMap((value) => (value.from === "distribution" ? ofDistribution(value) : [ofNumber(value)]));
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

function ofDistribution({ name, unit }: NamedValue): readonly ValueColumn[] {
  return OF_DISTRIBUTION.map((part) => ({
    title: name === "value" ? part : `${name}.${part}`,
    unit: part === "count" ? "plain" : unit,
    numberOf: (values) => distributionOf(values, name)?.[part] ?? undefined,
  }));
}

/** The histogram of this name. */
export function distributionOf(values: AlertValues, name: string): DistributionValue | undefined {
  const value = values[name];
  return typeof value === "object" ? value : undefined;
}

/** `-` stands for no data. */
export function valueText(value: number | undefined, unit: Unit): string {
  if (value === undefined) return "-";
  return unit === "duration" ? durationText(value) : numberText(value);
}
