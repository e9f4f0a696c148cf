import type { AlertState } from "./alert.ts";
import type { NamedValue } from "../formula/check-formulas.ts";
import { isLowWorse } from "../formula/judged-quantity.ts";
import type { Scope } from "../formula/formula.ts";
import type { KeyState, RuleState } from "../rule-state.ts";
import { comparisonOf } from "./surroundings.ts";

/** The keys of a rule that are in the worst states, and the number of its keys in each state. */
export interface WorstKeys {
  /** the worst first */
  readonly keys: readonly KeyState[];
  readonly counts: Readonly<Record<AlertState, number>>;
}

/** States from the best to the worst. */
const RANKS: Readonly<Record<AlertState, number>> = { ok: 0, no_data: 1, pending: 2, degraded: 3, firing: 4 };
const LEVEL_RANKS = 10;

/**
 * Finds the worst keys, in the order of `bpfwarden status RULE`. Looks at all keys, but puts none
 * into words, so that it is quick for ten thousand keys.
 */
export function worstKeys(state: RuleState, most: number): WorstKeys {
  const counts: Record<AlertState, number> = { ok: 0, pending: 0, firing: 0, no_data: 0, degraded: 0 };
  const worst: Ranked[] = [];
  for (const key of state.keys.values()) {
    counts[key.alert.state]++;
    const found = ranked(state, key);
    if (worst.length === most && !isWorse(found, worst.at(-1))) continue;
    const at = worst.findIndex((other) => isWorse(found, other));
    worst.splice(at < 0 ? worst.length : at, 0, found);
    if (worst.length > most) worst.pop();
  }
  return { keys: worst.map(({ key }) => key), counts };
}

interface Ranked {
  readonly key: KeyState;
  readonly rank: number;
  readonly value: number;
}

function ranked(state: RuleState, key: KeyState): Ranked {
  const { alert } = key;
  const level = alert.firing?.level ?? -1;
  return { key, rank: RANKS[alert.state] * LEVEL_RANKS + level, value: valueOf(state, key, Math.max(0, level)) };
}

function isWorse(one: Ranked, other: Ranked | undefined): boolean {
  if (other === undefined) return true;
  return one.rank === other.rank ? one.value > other.value : one.rank > other.rank;
}

/** Returns a number that is higher for a worse key: what the threshold compares, or the first value. */
function valueOf(state: RuleState, key: KeyState, level: number): number {
  const { judged, values } = state.plan.formulas;
  const comparison = comparisonOf(state, key, level);
  if (comparison === undefined) return firstNumber(values[0], key.scope) ?? -Infinity;
  const value = judged[comparison.quantity]?.formula.evaluate(key.scope);
  if (value === undefined || Number.isNaN(value)) return -Infinity;
  return isLowWorse(comparison) ? -value : value;
}

function firstNumber(first: NamedValue | undefined, scope: Scope): number | undefined {
  return first && NUMBERS[first.from](scope, first.index);
}

const NUMBERS: Readonly<Record<NamedValue["from"], (scope: Scope, index: number) => number | undefined>> = {
  aggregate: ({ aggregates }, index) => aggregates[index],
  cell: ({ cells }, index) => cells[index],
  distribution: ({ distributions }, index) => distributions[index]?.count,
};
