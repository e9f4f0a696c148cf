import { aggregateRecord, isDistribution } from "../../bpf/check/aggregate-functions.ts";
import type { Aggregate } from "../../bpf/check/checked-program.ts";
import { namedUnits } from "../evaluate/alerts/alert-event.ts";
import type { NamedValue, RuleFormulas } from "../evaluate/formula/check-formulas.ts";
import type { ShownUnit } from "../evaluate/formula/shown-unit.ts";
import type { MetricType, MetricUnit } from "./metric-family.ts";

/** A value of a rule as a metric. */
export interface ValueMetric {
  readonly value: NamedValue;
  /** undefined for a `let` */
  readonly aggregate?: Aggregate;
  /** without `_total` */
  readonly name: string;
  readonly type: MetricType;
  readonly unit?: MetricUnit;
  /** values times this are in the unit */
  readonly scale: number;
}

interface UnitRecord {
  readonly unit?: MetricUnit;
  readonly scale: number;
}

const PLAIN: UnitRecord = { scale: 1 };
/** The unit in which a metric is exported, by that in which people read the value. */
const UNITS: Readonly<Record<ShownUnit, UnitRecord>> = {
  number: PLAIN,
  ratio: { unit: "ratio", scale: 1 },
  bytes: { unit: "bytes", scale: 1 },
  nanoseconds: { unit: "seconds", scale: 1e-9 },
  number_per_second: PLAIN,
  bytes_per_second: PLAIN,
  nanoseconds_per_second: { scale: 1e-9 },
};

/** The units of names that say them, such as `rtt_us`: Prometheus' base unit is the second. */
const ENDINGS: Readonly<Record<string, UnitRecord>> = {
  _ms: { unit: "seconds", scale: 1e-3 },
  _us: { unit: "seconds", scale: 1e-6 },
  _ns: { unit: "seconds", scale: 1e-9 },
};

/** Returns the metrics of a rule, in the order of its values. */
export function valueMetrics(rule: string, formulas: RuleFormulas): readonly ValueMetric[] {
  const units = namedUnits(formulas);
  return formulas.values.map((value) => {
    const aggregate = value.from === "cell" ? undefined : formulas.aggregates[value.index];
    const type = aggregate === undefined ? "gauge" : typeOf(aggregate);
    const ending = ENDINGS[/_[mun]s$/.exec(value.name)?.[0] ?? ""];
    const shown = units[value.name] ?? "number";
    // A count is compared with a percentage of another one, but is not a ratio.
    const { unit, scale } = ending ?? (shown === "ratio" && aggregate !== undefined ? PLAIN : UNITS[shown]);
    const named = metricName(rule, ending === undefined ? value.name : value.name.slice(0, -"_us".length), unit);
    const name = withoutSuffix(named, type);
    return { value, name, type, scale, ...(aggregate && { aggregate }), ...(unit && { unit }) };
  });
}

/** Returns the name of a rule's value. `value` is the only one of a rule, and is not said. */
function metricName(rule: string, value: string, unit: MetricUnit | undefined): string {
  const parts = ["bpfwarden", mapped(rule), ...(value === "value" ? [] : [mapped(value)])];
  const name = parts.join("_");
  return unit === undefined || name.endsWith(`_${unit}`) ? name : `${name}_${unit}`;
}

/** Endings of names that say what a time series is. */
const SUFFIX = /_(total|sum|count|bucket|info|created)$/;

/** Frees a name from an ending that would say something else of the metric. */
function withoutSuffix(name: string, type: MetricType): string {
  if (type === "counter") return name.replace(/_total$/, "");
  return SUFFIX.test(name) ? `${name}_value` : name;
}

/** Replaces what names of metrics cannot have. */
const mapped = (text: string): string => text.replaceAll(/[^A-Za-z0-9_]/g, "_");

/** A sum of values that may be negative can go down, which counters must not. */
function typeOf({ function: name, signed }: Aggregate): MetricType {
  if (isDistribution(name)) return "histogram";
  const { addsUp, addsValues } = aggregateRecord(name);
  return addsUp && !(addsValues && signed) ? "counter" : "gauge";
}

/** Names that Prometheus or we use for something else. */
const TAKEN: ReadonlySet<string> = new Set(["rule", "le", "quantile", "job", "instance"]);

/** Returns the label of a column of `by`. */
export const labelName = (column: string): string =>
  TAKEN.has(column) || column.startsWith("__") ? `by_${column.replace(/^_+/, "")}` : column;
