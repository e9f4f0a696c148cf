import type { AlertEvent, TopKey } from "./alert.ts";
import { namedValues } from "./alert-event.ts";
import type { KeyState, RuleState } from "./rule-state.ts";

/** Values of so many ticks travel with an alert. */
const LAST_VALUES = 20;
/** More keys than these remember no values: a hundred thousand would take twenty megabytes for what nobody looks at. */
const MOST_KEYS = 1000;
const TOP_KEYS = 5;

/** Keeps the first value of each key for the alerts that may come of it. */
export function keepLastValues(state: RuleState): void {
  if (state.keys.size > MOST_KEYS) return;
  for (const key of state.keys.values()) {
    key.lastValues.push(firstValue(state, key));
    if (key.lastValues.length > LAST_VALUES) key.lastValues.shift();
  }
}

/** What whoever is told of a key's alert wants to see besides: how it came about, and how other keys are. */
export function surroundingsOf(state: RuleState, key: KeyState): Pick<AlertEvent, "lastValues" | "topKeys"> {
  const isKeyed = state.plan.rule.program.by.length > 0;
  return {
    ...(key.lastValues.length > 0 && { lastValues: [...key.lastValues] }),
    ...(isKeyed && { topKeys: topKeys(state) }),
  };
}

function topKeys(state: RuleState): readonly TopKey[] {
  const top: TopKey[] = [];
  for (const key of state.keys.values()) {
    const value = firstValue(state, key);
    if (value === undefined || (top.length === TOP_KEYS && value <= (top.at(-1)?.value ?? -Infinity))) continue;
    const at = top.findIndex((other) => other.value < value);
    top.splice(at < 0 ? top.length : at, 0, { labels: key.labels, value });
    if (top.length > TOP_KEYS) top.pop();
  }
  return top;
}

/** Of a histogram how many values it has. */
function firstValue({ plan: { formulas } }: RuleState, { scope }: KeyState): number | undefined {
  const [first] = formulas.values;
  if (first === undefined) return undefined;
  const value = namedValues({ ...formulas, values: [first] }, scope)[first.name];
  return typeof value === "object" ? value.count : value;
}
