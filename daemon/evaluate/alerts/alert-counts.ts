import type { RuleState } from "../rule-state.ts";

/** The number of keys of a rule whose alert waits or fires. */
export interface AlertCounts {
  readonly pending: number;
  readonly firing: number;
}

interface Counted {
  readonly revision: number;
  readonly counts: AlertCounts;
}

const COUNTED = new WeakMap<RuleState, Counted>();

/**
 * Counts them once for each change: for a hundred thousand keys that takes longer than the rest of
 * a quiet tick.
 */
export function alertCounts(state: RuleState): AlertCounts {
  const known = COUNTED.get(state);
  if (known?.revision === state.alertsRevision) return known.counts;
  const counts = { pending: 0, firing: 0 };
  for (const { alert } of state.keys.values()) {
    if (alert.firing !== undefined) counts.firing++;
    else if (alert.state === "pending") counts.pending++;
  }
  COUNTED.set(state, { revision: state.alertsRevision, counts });
  return counts;
}
