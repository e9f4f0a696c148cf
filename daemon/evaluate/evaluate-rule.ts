import type { Sample } from "../sample/sample.ts";
import type { AlertEvent, Confidence } from "./alert.ts";
import { alertEvent } from "./alert-event.ts";
import { type AlertInput, stepAlert } from "./alert-state.ts";
import { distributionOf, isIdle, valueOf } from "./aggregate-window.ts";
import type { Scope } from "./formula.ts";
import { confidenceOf, lossReason, slideHealth } from "./health-window.ts";
import { beginHistoryTick, endHistoryTick, isUneventful, recallAndKeep } from "./history.ts";
import { judge } from "./judge.ts";
import { stepNotices } from "./notices.ts";
import { type KeyState, keyOf, type RuleState, whyUnsettled } from "./rule-state.ts";
import { evaluateCells } from "./scope.ts";
import type { Tick } from "./tick.ts";
import { slide, windowFilled } from "./window.ts";

/** What a tick is beside its sample. */
export interface TickMoment {
  /** wall clock, for display only: durations are counted by `Sample.atMs` */
  readonly unixMs: number;
  /** how far apart ticks should be by the settings of now: tells a late one */
  readonly tickMs: number;
  /** why the daemon does not trust this rule now: its probe is detached, over budget, … */
  readonly degraded?: string;
  /** runs that the kernel skipped since the last tick; absent where it does not count them */
  readonly skippedRuns?: number;
}

/**
 * Takes one tick's sample into a rule's state, which it changes in place, and gives what users hear of: alerts that fire, change their
 * level or are resolved. Call it every tick, with a sample without rows where there is nothing to read. A clock and a state that are
 * the same give the same events.
 */
export function evaluateRule(state: RuleState, sample: Sample, moment: TickMoment): readonly AlertEvent[] {
  const degraded = moment.degraded ?? lossReason(sample, state.window.aggregates.length === 0);
  const overLimit = takeIn(state, sample, moment);
  if (degraded !== undefined) state.untrustedAtMs = sample.atMs;
  if (sample.health.lost_keys > 0) state.lostKeysAtMs = sample.atMs;
  const { unixMs } = moment;
  const confidence = currentConfidence(state);
  const tick = { sample, unixMs, confidence, isCrowded: overLimit > 0, ...(degraded !== undefined && { degraded }) };
  const events = evaluateKeys(state, tick);
  events.push(...stepNotices(state, tick));
  return events;
}

/** How far the values of the last tick can be trusted. */
export function currentConfidence(state: RuleState): Confidence {
  return confidenceOf(state.health, windowFilled(state.window, state.intervalMs));
}

/** Gives how many rows had to be counted under `other`, for the window has as many keys as it may. */
function takeIn(state: RuleState, sample: Sample, { tickMs, degraded, skippedRuns }: TickMoment): number {
  const { atMs, intervalMs } = sample;
  const keyed = sample.rows.map(({ labels, values }) => ({ labels, values, key: keyOf(state, labels) }));
  const rows = keyed.map(({ key, values }) => ({ key: key.window, values }));
  if (state.plan.rule.program.by.length === 0 && state.window.aggregates.length > 0) keyOf(state, {});
  slide(state.window, { atMs, intervalMs, unwatched: degraded !== undefined, rows });
  const overLimit = keyed.filter(({ key, labels }) => key.isOther && labels["other"] === undefined).length;
  slideHealth(state.health, sample, {
    tickMs,
    rowsOverLimit: overLimit,
    ...(skippedRuns !== undefined && { skippedRuns }),
  });
  state.intervalMs = intervalMs;
  return overLimit;
}

function evaluateKeys(state: RuleState, tick: Tick): AlertEvent[] {
  const { atMs, intervalMs } = tick.sample;
  const events: AlertEvent[] = [];
  for (const history of state.histories) beginHistoryTick(history, atMs, intervalMs, tick.degraded === undefined);
  const shared = overAllKeys(state);
  for (const key of state.keys.values()) {
    const aggregates = key.window.aggregates.map(valueOf);
    const distributions = key.window.aggregates.map(distributionOf);
    const recall = recallFor(state, key, tick);
    key.scope = evaluateCells(state.plan.formulas, { ...shared, aggregates, distributions, recall });
    if (state.policy.levels.length > 0) events.push(...stepKey(state, key, tick));
    if (isForgettable(state, key, tick.isCrowded)) state.keys.delete(key.id);
  }
  for (const history of state.histories) endHistoryTick(history, atMs);
  return events;
}

function recallFor(state: RuleState, key: KeyState, { sample }: Tick): Scope["recall"] {
  return (index, current) => {
    const history = state.histories[index];
    const own = key.histories[index];
    if (history === undefined || own === undefined) return undefined;
    return recallAndKeep(history, own, current, sample.atMs, sample.intervalMs);
  };
}

/**
 * What `keys`, `total` and `rate` read. A key has rows only where something was counted, so of the only signal of a rule they tell which
 * keys it has; of several signals each tells by its own slots (`isIdle`).
 */
function overAllKeys({ window, keys, zero, plan }: RuleState): Scope {
  const rowsTell = window.aggregates.length === 1 && plan.rule.program.by.length > 0;
  const keyCounts = window.aggregates.map(() => 0);
  const totals = window.aggregates.map(() => 0);
  for (const { window: own, isOther } of keys.values()) {
    own.aggregates.forEach((aggregate, index) => {
      if (rowsTell ? own.rows === 0 : isIdle(aggregate)) return;
      totals[index] = (totals[index] ?? 0) + (valueOf(aggregate) ?? 0);
      if (!isOther) keyCounts[index] = (keyCounts[index] ?? 0) + 1;
    });
  }
  return { ...zero, keyCounts, totals, windowSeconds: window.coveredMs / 1000 };
}

function stepKey(state: RuleState, key: KeyState, tick: Tick): readonly AlertEvent[] {
  const before = key.alert;
  const step = stepAlert(state.policy, before, alertInput(state, key, tick));
  key.alert = step.record;
  return alertEvent(state.plan, key, before, step, tick);
}

function alertInput(state: RuleState, key: KeyState, { sample, unixMs, degraded }: Tick): AlertInput {
  const { formulas } = state.plan;
  const explain = (level: number): string => formulas.levels[level]?.words.explain(key.scope) ?? "";
  const { clear } = formulas;
  const unsettled = whyUnsettled(state, sample.atMs);
  return {
    verdict: judge(formulas, key.scope),
    atMs: sample.atMs,
    unixMs,
    explain,
    explainEnd: (level) => (clear === undefined ? `${explain(level)} no longer holds` : clear.words.explain(key.scope)),
    ...(degraded !== undefined && { degraded }),
    ...(unsettled !== undefined && { unsettled }),
  };
}

/**
 * A key that counted nothing in the window and that nobody waits for; the one key of a rule without `by` stays. Where others find no
 * room its past is given up.
 */
function isForgettable(state: RuleState, key: KeyState, isCrowded: boolean): boolean {
  if (state.plan.rule.program.by.length === 0 || key.window.rows > 0 || key.alert.firing !== undefined) return false;
  if (isCrowded) return true;
  return state.histories.every((history, index) => isUneventful(history, key.histories[index] ?? []));
}
