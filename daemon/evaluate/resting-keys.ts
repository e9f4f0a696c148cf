import { type AlertRecord, isSameAlert } from "./alerts/alert-record.ts";
import { remembersValues } from "./alerts/surroundings.ts";
import type { Verdict } from "./alerts/judge.ts";
import type { KeyState, RuleState } from "./rule-state.ts";
import type { Tick } from "./tick.ts";

/**
 * The end of rest for a key that must not rest. In a rule with many keys, most keys are as they
 * were in the tick before. A key may rest if its counts did not change and it would come out the
 * same. It is not judged again until its counts change, or a time has come that its alert waits
 * for. So a hundred thousand keys that fire cost next to nothing.
 */
const NEVER = -Infinity;

/**
 * True if keys may rest in this tick. All are judged if values of each tick are kept, if a key is
 * judged by more than its own counts, if the counts cannot be trusted, or if the window has just
 * become whole or is no longer whole.
 */
export function mayRest(state: RuleState, { trust, unseen }: Pick<Tick, "trust" | "unseen">): boolean {
  const { formulas } = state.plan;
  const isOwn = state.histories.length === 0 && !formulas.looksBeyondKey && !remembersValues(state);
  const isTrusted = trust.degraded === undefined && trust.overlong === undefined;
  const isWhole = unseen === undefined;
  const wasWhole = state.restedWhole;
  state.restedWhole = isOwn && isTrusted ? isWhole : undefined;
  return wasWhole !== undefined && wasWhole === state.restedWhole;
}

/** True if a key need not be judged in this tick, provided that keys may rest. */
export function isResting({ window, restsUntilMs }: KeyState, atMs: number): boolean {
  return !window.isChanged && atMs < restsUntilMs;
}

/**
 * Returns the time until which a key that was judged now may rest. It may rest if the last two
 * ticks came out the same, and no timer of its alert runs.
 */
export function restOf(state: RuleState, key: KeyState, before: AlertRecord, verdict: Verdict): number {
  const { alert } = key;
  if (verdict.kind !== "judged" || key.window.rows === 0) return NEVER;
  if (alert.reason !== before.reason || !isSameAlert(before, alert) || !isSteady(alert, verdict.highest)) return NEVER;
  const [firedAtMs] = alert.firedAtMs ?? [];
  return firedAtMs === undefined ? Infinity : firedAtMs + state.policy.flap.withinMs;
}

/** True if nothing holds, or if the alert fires at the level that holds. */
function isSteady({ state, firing, missingSinceMs }: AlertRecord, highest: number): boolean {
  if (missingSinceMs !== undefined) return false;
  if (firing === undefined) return state === "ok" && highest < 0;
  return firing.stoppedSinceMs === undefined && firing.level === highest;
}
