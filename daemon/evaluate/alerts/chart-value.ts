import type { Level } from "../../rules/rule-syntax.ts";
import type { AlertValues, DistributionValue } from "./alert.ts";
import { namedUnits, namedValues } from "./alert-event.ts";
import type { LevelCondition } from "../formula/check-formulas.ts";
import type { JudgedComparison } from "../formula/judged-quantity.ts";
import type { ShownUnit } from "../formula/shown-unit.ts";
import type { KeyState, RuleState } from "../rule-state.ts";
import { topKeysOf } from "./surroundings.ts";
import { worstKeys } from "./worst-keys.ts";

/** The value of a rule's worst key now, for a chart over time. */
export interface ChartValue {
  readonly name: string;
  readonly unit: ShownUnit;
  /** undefined is no data */
  readonly value: number | undefined;
  /** the limits of the levels that compare the same quantity, as they are now */
  readonly limits: readonly ChartLimit[];
}

export interface ChartLimit {
  readonly level: Level;
  readonly value: number;
}

/**
 * Returns what the lowest level of the threshold compares, or the first value of a rule without a
 * threshold: its p99 if it is a histogram. Returns undefined for a rule that only records.
 */
export function chartValue(state: RuleState): ChartValue | undefined {
  const { levels } = state.plan.formulas;
  const comparison = levels[0]?.comparisons[0];
  return comparison === undefined ? firstValue(state) : judgedValue(state, comparison, levels);
}

function judgedValue(
  state: RuleState,
  comparison: JudgedComparison,
  levels: readonly LevelCondition[],
): ChartValue | undefined {
  const judged = state.plan.formulas.judged[comparison.quantity];
  if (judged === undefined) return undefined;
  const [only] = state.keys.size === 1 ? state.keys.values() : [];
  const limits = levels.flatMap(({ level, comparisons }) => {
    const same = comparisons.find(({ quantity }) => quantity === comparison.quantity);
    const value = same?.limit?.evaluate(only?.scope ?? state.zero);
    return value === undefined || !Number.isFinite(value) ? [] : [{ level, value }];
  });
  return { name: judged.name, unit: judged.unit, value: topKeysOf(state, comparison)[0]?.value, limits };
}

function firstValue(state: RuleState): ChartValue | undefined {
  const { formulas } = state.plan;
  const name = formulas.values[0]?.name;
  if (name === undefined) return undefined;
  const value = worstValues(state)?.[name];
  const unit = namedUnits(formulas)[name] ?? "number";
  const isHistogram = typeof value === "object";
  return {
    name: isHistogram ? `p99 of ${name}` : name,
    ...{ unit, limits: [] },
    value: isHistogram ? (value.p99 ?? undefined) : value,
  };
}

/** A histogram of the worst key. */
export interface NamedDistribution {
  readonly name: string;
  readonly unit: ShownUnit;
  readonly buckets: DistributionValue["buckets"];
}

/** Returns the first histogram of a rule's worst key; undefined if the rule has none. */
export function chartHistogram(state: RuleState): NamedDistribution | undefined {
  const { formulas } = state.plan;
  const first = formulas.values.find(({ from }) => from === "distribution");
  if (first === undefined) return undefined;
  const value = worstValues(state)?.[first.name];
  const buckets = typeof value === "object" ? value.buckets : [];
  return { name: first.name, unit: first.unit === "duration" ? "nanoseconds" : "number", buckets };
}

function worstValues(state: RuleState): AlertValues | undefined {
  const key: KeyState | undefined = worstKeys(state, 1).keys[0];
  return key && namedValues(state.plan.formulas, key.scope);
}
