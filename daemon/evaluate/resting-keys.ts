import { type AlertRecord, isSameAlert } from "./alerts/alert-record.ts";
import { remembersValues } from "./alerts/surroundings.ts";
import type { Verdict } from "./alerts/judge.ts";
import type { KeyState, RuleState } from "./rule-state.ts";
import type { Tick } from "./tick.ts";

/**
 * Of a rule with many keys, most are as they were in the tick before. A key rests whose counts did
 * not change and that would come out the same: it is not judged again until its counts change, or a
 * time has come that its alert waits for. A hundred thousand keys that fire cost next to nothing
 * then.
 */
const NEVER = -Infinity;

/**
 * True if keys may rest in this tick. All are judged where values are kept of each tick, where a
 * key is judged by more than its own counts, where the counts cannot be trusted, and where the
 * window has become whole, or no longer is.
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

/** True if there is nothing to judge of a key in this tick, where keys may rest. */
export function isResting({ window, restsUntilMs }: KeyState, atMs: number): boolean {
  return !window.isChanged && atMs < restsUntilMs;
}

/**
 * Until when a key may rest that was judged now: where the last two ticks came out the same, and no
 * timer of its alert runs.
 */
export function restOf(state: RuleState, key: KeyState, before: AlertRecord, verdict: Verdict): number {
  const { alert } = key;
  if (verdict.kind !== "judged" || key.window.rows === 0) return NEVER;
  if (alert.reason !== before.reason || !isSameAlert(before, alert) || !isSteady(alert, verdict.highest)) return NEVER;
  const [firedAtMs] = alert.firedAtMs ?? [];
  return firedAtMs === undefined ? Infinity : firedAtMs + state.policy.flap.withinMs;
}

/** Nothing holds, or what fires holds at its level. */
function isSteady({ state, firing, missingSinceMs }: AlertRecord, highest: number): boolean {
  if (missingSinceMs !== undefined) return false;
  if (firing === undefined) return state === "ok" && highest < 0;
  return firing.stoppedSinceMs === undefined && firing.level === highest;
}
