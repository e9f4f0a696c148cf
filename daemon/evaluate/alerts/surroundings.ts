import type { AlertEvent, JudgedValue, PeakValue, TopKey } from "./alert.ts";
import type { Beyond } from "../formula/bound-text.ts";
import type { NumberFormula, Scope } from "../formula/formula.ts";
import { isLowWorse, type JudgedComparison } from "../formula/judged-quantity.ts";
import type { Extremes, KeyState, RuleState } from "../rule-state.ts";

/** The number of ticks whose values an alert carries. */
const LAST_VALUES = 20;
/**
 * The most keys that remember values: for a hundred thousand keys the values would take twenty
 * megabytes, and nobody looks at them.
 */
const MOST_KEYS = 1000;
const TOP_KEYS = 5;

/** True if the values of each key's last ticks are kept. */
export function remembersValues({ keys, plan }: RuleState): boolean {
  return keys.size <= MOST_KEYS && plan.formulas.judged.length > 0;
}

/**
 * Keeps for each key the values that the threshold compares now. A later alert shows them.
 *
 * @param judgedKeys the keys that are judged in this tick. While values are kept, these are all
 * keys
 *   of the rule
 */
export function keepLastValues(state: RuleState, judgedKeys: readonly KeyState[]): void {
  const { judged } = state.plan.formulas;
  state.lastTimesUnixMs.push(state.unixMs);
  if (state.lastTimesUnixMs.length > LAST_VALUES) state.lastTimesUnixMs.shift();
  if (judged.length === 0) return;
  if (!remembersValues(state)) {
    for (const { lastValues } of judgedKeys) if (lastValues.length > 0) lastValues.length = 0;
    return;
  }
  for (const { lastValues, scope } of judgedKeys) {
    for (const { formula } of judged) lastValues.push(formula.evaluate(scope) ?? NaN);
    if (lastValues.length > LAST_VALUES * judged.length) lastValues.splice(0, judged.length);
  }
}

/**
 * Returns the last values of one of the quantities that the threshold compares, the oldest first.
 */
function lastValuesOf(
  { plan }: RuleState,
  { lastValues }: KeyState,
  quantity: number,
): readonly (number | undefined)[] {
  const { length } = plan.formulas.judged;
  const values: (number | undefined)[] = [];
  for (let at = quantity; at < lastValues.length; at += length) {
    const value = lastValues[at];
    values.push(Number.isNaN(value) ? undefined : value);
  }
  return values;
}

/**
 * Keeps the extremes of the values that the threshold compares, for a key whose alert fires.
 * `isNew` is true if it fires since this tick.
 */
export function keepExtremes({ plan: { formulas }, unixMs }: RuleState, key: KeyState, isNew: boolean): void {
  key.extremes = formulas.judged.map(({ formula }, index): Extremes => {
    const before = isNew ? {} : (key.extremes[index] ?? {});
    const value = formula.evaluate(key.scope);
    if (value === undefined) return before;
    const now = { value, atUnixMs: unixMs, ...boundOf(formula, key.scope) };
    const { lowest = now, highest = now } = before;
    return { lowest: value < lowest.value ? now : lowest, highest: value > highest.value ? now : highest };
  });
}

export type AlertSurroundings = Pick<AlertEvent, "judged" | "lastValues" | "lastValuesFromUnixMs" | "topKeys">;

/**
 * Returns the context of a key's alert for its readers: its last values, and the worst keys.
 *
 * @param level the index of the level that fires, or fired
 */
export function surroundingsOf(state: RuleState, key: KeyState, level: number): AlertSurroundings {
  const comparison = comparisonOf(state, key, level);
  if (comparison === undefined) return {};
  const isKeyed = state.plan.rule.program.by.length > 0;
  const judged = judgedValue(state, key, comparison);
  const lastValues = lastValuesOf(state, key, comparison.quantity);
  const fromUnixMs = state.lastTimesUnixMs.at(-lastValues.length);
  return {
    ...(judged && { judged }),
    ...(lastValues.length > 0 && { lastValues }),
    ...(lastValues.length > 0 && fromUnixMs !== undefined && { lastValuesFromUnixMs: fromUnixMs }),
    ...(isKeyed && { topKeys: topKeysOf(state, comparison) }),
  };
}

/**
 * Returns the value that an alert of a key is about, as it is now; undefined if the rule has no
 * such level.
 */
export function judgedOf(state: RuleState, key: KeyState, level: number): JudgedValue | undefined {
  const comparison = comparisonOf(state, key, level);
  return comparison && judgedValue(state, key, comparison);
}

function judgedValue(state: RuleState, key: KeyState, comparison: JudgedComparison): JudgedValue | undefined {
  const { quantity, operator, limit } = comparison;
  const judged = state.plan.formulas.judged[quantity];
  if (judged === undefined) return undefined;
  const { name, unit, formula } = judged;
  const worst = isLowWorse(comparison) ? "lowest" : "highest";
  const limitNow = limit?.evaluate(key.scope);
  const peak: PeakValue | undefined = key.extremes[quantity]?.[worst];
  return {
    ...{ name, unit, value: formula.evaluate(key.scope), atUnixMs: state.unixMs, worst },
    ...boundOf(formula, key.scope),
    ...(operator !== undefined && { operator }),
    ...(limitNow !== undefined && { limit: limitNow }),
    ...(peak && { peak }),
  };
}

function boundOf({ beyond }: NumberFormula, scope: Scope): { readonly beyond?: Beyond } {
  const found = beyond?.(scope);
  return found === undefined ? {} : { beyond: found };
}

/**
 * Returns the comparison that an alert of a key is about: the first of its level that holds, or the
 * first one if none holds.
 */
export function comparisonOf(
  { plan: { formulas } }: RuleState,
  { scope }: KeyState,
  level: number,
): JudgedComparison | undefined {
  const comparisons = formulas.levels[level]?.comparisons ?? [];
  return comparisons.find(({ holds }) => holds(scope) === true) ?? comparisons[0];
}

/** Returns the worst keys. All keys are looked at once a tick, however many alerts fire in it. */
export function topKeysOf(state: RuleState, comparison: JudgedComparison): readonly TopKey[] {
  return state.topKeys.getOrInsertComputed(comparison, () => topKeys(state, comparison));
}

/**
 * Finds the keys whose value is the worst for the threshold: the highest, or the lowest if low
 * values are worse.
 */
function topKeys(state: RuleState, comparison: JudgedComparison): readonly TopKey[] {
  const formula = state.plan.formulas.judged[comparison.quantity]?.formula;
  const sign = isLowWorse(comparison) ? -1 : 1;
  const top: { readonly key: TopKey; readonly rank: number }[] = [];
  for (const { scope, labels } of state.keys.values()) {
    const value = formula?.evaluate(scope);
    if (formula === undefined || value === undefined) continue;
    const rank = sign * value;
    if (top.length === TOP_KEYS && rank <= (top.at(-1)?.rank ?? -Infinity)) continue;
    const at = top.findIndex((other) => other.rank < rank);
    top.splice(at < 0 ? top.length : at, 0, { key: { labels, value, ...boundOf(formula, scope) }, rank });
    if (top.length > TOP_KEYS) top.pop();
  }
  return top.map(({ key }) => key);
}
