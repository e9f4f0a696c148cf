import type { Sample, SampleRow } from "../sample/sample.ts";
import type { AlertEvent, Confidence } from "./alert.ts";
import { alertEvent } from "./alert-event.ts";
import { type AlertInput, stepAlert } from "./alert-state.ts";
import { distributionOf, isIdle, valueOf } from "./aggregate-window.ts";
import { flapEvents } from "./flapping.ts";
import type { Scope } from "./formula.ts";
import { confidenceOf, slideHealth } from "./health-window.ts";
import { beginHistoryTick, endHistoryTick, isUneventful, recallAndKeep, warmUpReason } from "./history.ts";
import { judge, type Verdict } from "./judge.ts";
import { stepNotices } from "./notices.ts";
import { type KeyState, keyOf, type RuleState, whyUnsettled } from "./rule-state.ts";
import { keepLastValues, surroundingsOf } from "./surroundings.ts";
import { evaluateCells } from "./scope.ts";
import type { Tick } from "./tick.ts";
import { type TickTrust, trustOf } from "./tick-trust.ts";
import { slide, windowFilled } from "./window.ts";

/** What a tick is beside its sample. */
export interface TickMoment {
  /** wall clock, for display only: durations are counted by `Sample.atMs` */
  readonly unixMs: number;
  /** how far apart ticks should be by the settings of now: tells a late one */
  readonly tickMs: number;
  /** how much of the sample's interval the host was suspended; 0 where not given */
  readonly suspendedMs?: number;
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
  state.tickMs = moment.tickMs;
  const rows = keyRows(state, sample);
  const rowsOverLimit = rows.filter(({ key, isLabelled }) => key.isOther && !isLabelled).length;
  const trust = trustTick(state, sample, moment, rowsOverLimit);
  takeIn(state, sample, { ...moment, trust, rows, rowsOverLimit });
  const confidence = currentConfidence(state);
  const tick = { sample, unixMs: moment.unixMs, confidence, isCrowded: rowsOverLimit > 0, trust };
  const events = evaluateKeys(state, tick);
  events.push(...stepNotices(state, tick));
  return events;
}

/** How far the values of the last tick can be trusted. */
export function currentConfidence(state: RuleState): Confidence {
  return confidenceOf(state.health, windowFilled(state.window, state.tickMs));
}

interface KeyedRow {
  readonly key: KeyState;
  readonly values: SampleRow["values"];
  /** whether the kernel counted it under `other` */
  readonly isLabelled: boolean;
}

/** Each row with its key, `other` where the window has as many keys as it may. */
function keyRows(state: RuleState, { rows }: Sample): readonly KeyedRow[] {
  const keyed = rows.map(({ labels, values }) => {
    return { key: keyOf(state, labels), values, isLabelled: labels["other"] !== undefined };
  });
  if (state.plan.rule.program.by.length === 0 && state.window.aggregates.length > 0) keyOf(state, {});
  return keyed;
}

/** Works out how far the tick can be trusted, and remembers when it could not. */
function trustTick(state: RuleState, sample: Sample, moment: TickMoment, rowsOverLimit: number): TickTrust {
  const { tickMs, suspendedMs = 0, degraded } = moment;
  const { windowMs, aggregates } = state.window;
  const trust = trustOf({
    ...{ sample, windowMs, tickMs, suspendedMs, rowsOverLimit },
    missedMs: state.missedMs,
    onlyRecords: aggregates.length === 0,
    ...(degraded !== undefined && { degraded }),
  });
  state.missedMs = trust.missedMs;
  if (trust.degraded !== undefined) state.untrustedAtMs = sample.atMs;
  if (trust.told !== undefined) state.toldAtMs = sample.atMs;
  if (sample.health.lost_keys > 0) state.lostKeysAtMs = sample.atMs;
  return trust;
}

interface TakenIn extends TickMoment {
  readonly trust: TickTrust;
  readonly rows: readonly KeyedRow[];
  readonly rowsOverLimit: number;
}

function takeIn(state: RuleState, sample: Sample, taken: TakenIn): void {
  const { trust, rows, rowsOverLimit, skippedRuns, tickMs, suspendedMs = 0 } = taken;
  const { atMs } = sample;
  slide(state.window, {
    ...{ atMs, tickMs, intervalMs: sample.intervalMs - suspendedMs },
    unwatched: trust.degraded !== undefined,
    rows: trust.isOverlong ? [] : rows.map(({ key, values }) => ({ key: key.window, values })),
  });
  const isLate = trust.missedMs > 0;
  slideHealth(state.health, sample, { isLate, rowsOverLimit, ...(skippedRuns !== undefined && { skippedRuns }) });
}

function evaluateKeys(state: RuleState, tick: Tick): AlertEvent[] {
  const { atMs } = tick.sample;
  const events: AlertEvent[] = [];
  const isWhole = tick.trust.degraded === undefined && tick.confidence.windowFilled === 1;
  for (const history of state.histories) beginHistoryTick(history, atMs, state.tickMs, isWhole);
  const shared = overAllKeys(state);
  for (const key of state.keys.values()) {
    const aggregates = key.window.aggregates.map(valueOf);
    const distributions = key.window.aggregates.map(distributionOf);
    key.scope = evaluateCells(state.plan.formulas, {
      ...shared,
      aggregates,
      distributions,
      recall: recallFor(state, key),
    });
  }
  keepLastValues(state);
  for (const key of state.keys.values()) {
    if (state.policy.levels.length > 0) events.push(...stepKey(state, key, tick));
    if (isForgettable(state, key, tick)) state.keys.delete(key.id);
  }
  for (const history of state.histories) endHistoryTick(history, atMs);
  return events;
}

function recallFor(state: RuleState, key: KeyState): Scope["recall"] {
  return (index, current) => {
    const history = state.histories[index];
    const own = key.histories[index];
    return history === undefined || own === undefined ? undefined : recallAndKeep(history, own, current);
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
  const events = alertEvent(state.plan, key, before, step, tick);
  return [
    ...events.map((event) => ({ ...event, ...surroundingsOf(state, key) })),
    ...flapEvents(state, key, before, tick),
  ];
}

function alertInput(
  state: RuleState,
  key: KeyState,
  { sample, unixMs, trust: { degraded, unseenMs } }: Tick,
): AlertInput {
  const { formulas } = state.plan;
  const explain = (level: number): string => formulas.levels[level]?.words.explain(key.scope) ?? "";
  const { clear } = formulas;
  const unsettled = whyUnsettled(state, sample.atMs);
  return {
    verdict: withWarmUp(judge(formulas, key.scope), state),
    atMs: sample.atMs,
    unixMs,
    unseenMs,
    explain,
    explainEnd: (level) => (clear === undefined ? `${explain(level)} no longer holds` : clear.words.explain(key.scope)),
    ...(degraded !== undefined && { degraded }),
    ...(unsettled !== undefined && { unsettled }),
  };
}

/** What has no data since a baseline has too little past says that. */
function withWarmUp(verdict: Verdict, { histories }: RuleState): Verdict {
  const warmUp = verdict.kind === "no_data" ? warmUpReason(histories) : undefined;
  return verdict.kind === "judged" || warmUp === undefined ? verdict : { kind: "no_data", reason: warmUp };
}

/**
 * A key that counted nothing in the window and that nobody waits for; the one key of a rule without `by` stays. Where others find no
 * room its past is given up.
 */
function isForgettable(state: RuleState, key: KeyState, { isCrowded, sample }: Tick): boolean {
  if (state.plan.rule.program.by.length === 0 || key.window.rows > 0 || key.alert.firing !== undefined) return false;
  if (isCrowded) return true;
  const firedAtMs = key.alert.firedAtMs?.at(-1) ?? -Infinity;
  if (sample.atMs - firedAtMs < state.policy.flap.withinMs) return false;
  return key.histories.every(isUneventful);
}
