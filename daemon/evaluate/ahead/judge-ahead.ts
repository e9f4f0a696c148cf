import type { SampleRow } from "../../sample/sample.ts";
import type { AlertEvent } from "../alerts/alert.ts";
import { alertEvent } from "../alerts/alert-event.ts";
import { stepAlert } from "../alerts/alert-state.ts";
import { flapEvents } from "../alerts/flapping.ts";
import { keepExtremes, surroundingsOf } from "../alerts/surroundings.ts";
import { currentConfidence } from "../evaluate-rule.ts";
import { evaluateCells } from "../formula/scope.ts";
import { type KeyState, keyOf, knownKey, type RuleState } from "../rule-state.ts";
import type { Step } from "../window/window-step.ts";
import { verdictAhead } from "./ahead-plan.ts";
import { valueAhead } from "./window-ahead.ts";

/** The time of a look ahead of the tick, and the parts of the window that the tick lets go. */
export interface AheadMoment {
  readonly atMs: number;
  readonly unixMs: number;
  readonly leaving: readonly Step[];
}

/**
 * Judges one key ahead of its tick, by what the tick has counted so far. Changes the state only if
 * the alert fires, or rises to a higher level: the tick would come to the same, since no further
 * event can make that false. Everything else is left to the tick.
 */
export function judgeAhead(
  state: RuleState,
  { labels, values }: SampleRow,
  { atMs, unixMs, leaving }: AheadMoment,
): readonly AlertEvent[] {
  const { formulas } = state.plan;
  const known = knownKey(state, labels);
  const value = valueAhead(state.window, known?.window, leaving, values[0]);
  const verdict = verdictAhead(formulas, value);
  if (verdict.kind !== "judged" || verdict.highest <= (known?.alert.firing?.level ?? -1)) return [];
  const key = known ?? keyOf(state, labels);
  // no room for a new key: the tick counts it under `other`
  if (key.isOther) return [];
  const before = key.alert;
  key.scope = evaluateCells(formulas, { ...state.zero, aggregates: [value] });
  const explain = (level: number): string => formulas.levels[level]?.words.explain(key.scope) ?? "";
  const input = { verdict, atMs, unixMs, intervalMs: 0, unseenMs: 0, tickMs: state.tickMs };
  const step = stepAlert(state.policy, before, { ...input, explain, explainEnd: explain });
  if (step.transition === undefined || step.transition.kind === "resolved") return [];
  return commit(state, key, step, unixMs);
}

function commit(
  state: RuleState,
  key: KeyState,
  step: ReturnType<typeof stepAlert>,
  unixMs: number,
): readonly AlertEvent[] {
  const before = key.alert;
  key.alert = step.record;
  key.restsUntilMs = -Infinity;
  state.alertsRevision++;
  state.unixMs = unixMs;
  state.topKeys.clear();
  keepExtremes(state, key, before.firing === undefined);
  const moment = { unixMs, confidence: currentConfidence(state) };
  const surroundings = surroundingsOf(state, key, step.record.firing?.level ?? 0);
  return [
    ...alertEvent(state.plan, key, before, step, moment, surroundings),
    ...flapEvents(state, key, before, moment),
  ];
}
