import { printExpression } from "../../bpf/language/printer.ts";
import type { KeyState, RuleState } from "../evaluate/rule-state.ts";
import type { MeasuredRule } from "./measured-rule.ts";
import type { MetricFamily, MetricLabels, MetricPoint } from "./metric-family.ts";
import { labelName, type ValueMetric, valueMetrics } from "./metric-name.ts";
import { type BucketSpread, greatestIn, shownBuckets } from "./totals/bucket-spread.ts";
import { idOf, type KeyTotals, type RuleTotals, type Total } from "./totals/rule-totals.ts";

/** Returns the values of a rule: totals since it runs, and else what its window holds now. */
export function ruleFamilies(rule: MeasuredRule): readonly MetricFamily[] {
  const { totals, state, name } = rule;
  if (totals === undefined) return [];
  const { formulas } = state.plan;
  return valueMetrics(name, formulas).map((metric) => ({
    ...{ name: metric.name, type: metric.type, help: helpOf(rule, metric) },
    ...(metric.unit && { unit: metric.unit }),
    points: pointsOf(metric, name, totals, state),
  }));
}

function helpOf({ name, state }: MeasuredRule, { value }: ValueMetric): string {
  const { program, let: lets, description } = state.plan.rule;
  const named = [...program.signals.flatMap(({ aggregates }) => aggregates), ...lets];
  const own = named.find((each) => each.name.text === value.name);
  const what = own === undefined ? value.name : printExpression(own.expression);
  return `${what} of the rule ${name}.${description === undefined ? "" : ` ${description.trim()}`}`;
}

function pointsOf(metric: ValueMetric, rule: string, totals: RuleTotals, state: RuleState): readonly MetricPoint[] {
  const { index, from } = metric.value;
  const spread = from === "distribution" ? totals.spreads[index] : undefined;
  const addsUp = from !== "cell";
  const shown = [...totals.keys.values()].flatMap((key): readonly MetricPoint[] => {
    const total = addsUp ? key.totals[index] : undefined;
    const labels = labelsOf(rule, key.labels);
    return total === undefined ? [] : [totalPoint(metric, labels, total, spread)];
  });
  return shown.length > 0 ? shown : windowPoints(metric, rule, totals, state);
}

function labelsOf(rule: string, labels: MetricLabels): MetricLabels {
  const own: Record<string, string> = { rule };
  for (const name in labels) own[labelName(name)] = labels[name] ?? "";
  return own;
}

function totalPoint(
  { scale }: ValueMetric,
  labels: MetricLabels,
  total: Total,
  spread: BucketSpread | undefined,
): MetricPoint {
  if (typeof total === "number") return { labels, value: scaled(total, scale) };
  const sorted = [...total].toSorted(([a], [b]) => a - b);
  let at = 0;
  let count = 0;
  const bounds = (spread === undefined ? [] : shownBuckets(spread)).map((bucket) => {
    for (; at < sorted.length && (sorted[at]?.[0] ?? 0) <= bucket; at++) count += sorted[at]?.[1] ?? 0;
    return { le: spread === undefined ? Infinity : scaled(greatestIn(spread, bucket), scale), count };
  });
  const rest = sorted.slice(at).reduce((sum, [, each]) => sum + each, 0);
  return { labels, bounds, count: count + rest };
}

/** Divides where that is exact: 3 ns are 3e-9 s, not 3.0000000000000004e-9 s. */
const scaled = (value: number, scale: number): number => (scale < 1 ? value / Math.round(1 / scale) : value * scale);

/** Returns the values of the keys that the window holds and that have totals. */
function windowPoints(
  metric: ValueMetric,
  rule: string,
  totals: RuleTotals,
  { keys }: RuleState,
): readonly MetricPoint[] {
  return [...keys.values()].flatMap((key): readonly MetricPoint[] => {
    const known: KeyTotals | undefined = totals.keys.get(idOf(key.labels));
    const value = known && valueIn(metric, key);
    return value === undefined ? [] : [{ labels: labelsOf(rule, key.labels), value: scaled(value, metric.scale) }];
  });
}

function valueIn({ value: { from, index } }: ValueMetric, { scope }: KeyState): number | undefined {
  return from === "cell" ? scope.cells[index] : scope.aggregates[index];
}
