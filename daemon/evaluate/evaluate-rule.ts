import { type AggregateRecord, aggregateRecord } from "../../bpf/check/aggregate-functions.ts";
import type { Sample, SampleRow } from "../sample/sample.ts";
import type { AlertEvent, Confidence } from "./alerts/alert.ts";
import { alertEvent } from "./alerts/alert-event.ts";
import { isSameAlert } from "./alerts/alert-record.ts";
import { type AlertInput, noDataFor, nothingHolds, stepAlert } from "./alerts/alert-state.ts";
import { distributionOf, isIdle, valueOf } from "./window/aggregate-window.ts";
import { flapEvents } from "./alerts/flapping.ts";
import type { Scope } from "./formula/formula.ts";
import { confidenceOf, slideHealth } from "./window/health-window.ts";
import { beginHistoryTick, endHistoryTick, isUneventful, recallAndKeep, warmUpReason } from "./formula/history.ts";
import { judge, type Verdict } from "./alerts/judge.ts";
import { stepNotices } from "./alerts/notices.ts";
import { isResting, mayRest, restOf } from "./resting-keys.ts";
import { type KeyState, keyOf, type RuleState, whyUnsettled } from "./rule-state.ts";
import { keepExtremes, keepLastValues, surroundingsOf } from "./alerts/surroundings.ts";
import { evaluateCells } from "./formula/scope.ts";
import type { Tick } from "./tick.ts";
import { type TickTrust, trustOf } from "./tick-trust.ts";
import { type KeyRow, slideInPieces, unseenOf, windowFilled } from "./window/window.ts";

/** The parts of a tick that are not in its sample. */
export interface TickMoment {
  /** wall clock, for display only: durations are counted by `Sample.atMs` */
  readonly unixMs: number;
  /** the time between two ticks by the current settings: shows whether a tick is late */
  readonly tickMs: number;
  /** the part of the sample's interval in which the host was suspended; 0 if not given */
  readonly suspendedMs?: number;
  /** why the daemon does not trust this rule now: its probe is detached, over budget, … */
  readonly degraded?: string;
  /** runs that the kernel skipped since the last tick; absent if it does not count them */
  readonly skippedRuns?: number;
  /** the skipped runs that are missing among the runs of the sample's health */
  readonly lostRuns?: number;
}

/** The number of keys after which the evaluation lets other work run. */
const KEYS_AT_ONCE = 200;

/**
 * Adds one tick's sample to a rule's state, which it changes in place. Returns the events for
 * receivers: alerts that fire, change their level or are resolved. Call it every tick, with a
 * sample without rows if there is nothing to read. The same state, sample and moment give the same
 * events.
 */
export function evaluateRule(state: RuleState, sample: Sample, moment: TickMoment): readonly AlertEvent[] {
  return [...evaluateInPieces(state, sample, moment)].flat();
}

/**
 * Does the same in pieces, since a rule may have a hundred thousand keys and others wait. The state
 * is whole again once all pieces were taken. Each piece has the events that came of it.
 */
export function* evaluateInPieces(
  state: RuleState,
  sample: Sample,
  moment: TickMoment,
): Generator<readonly AlertEvent[], void> {
  beginTick(state, moment);
  const rows = yield* keyRows(state, sample);
  const rowsOverLimit = rows.filter(({ key, isLabelled }) => key.isOther && !isLabelled).length;
  const trust = trustTick(state, sample, moment, rowsOverLimit);
  yield* takeIn(state, sample, { ...moment, trust, rows, rowsOverLimit });
  yield [];
  const confidence = currentConfidence(state);
  const unseen = trust.overlong ?? unseenOf(state.window, state.tickMs);
  const tick = {
    sample,
    atMs: sample.atMs,
    unixMs: moment.unixMs,
    confidence,
    isCrowded: rowsOverLimit > 0,
    trust,
    unseen,
  };
  yield* evaluateKeys(state, tick);
  yield stepNotices(state, tick);
}

function beginTick(state: RuleState, { tickMs, unixMs }: TickMoment): void {
  state.tickMs = tickMs;
  state.unixMs = unixMs;
}

/** Returns the trust in the values of the last tick. */
export function currentConfidence(state: RuleState): Confidence {
  return confidenceOf(state.health, windowFilled(state.window, state.tickMs));
}

interface KeyedRow {
  readonly key: KeyState;
  readonly values: SampleRow["values"];
  /** true if the kernel counted it under `other` */
  readonly isLabelled: boolean;
}

/** Returns each row with its key. The key is `other` if the window has as many keys as it may. */
function* keyRows(state: RuleState, { rows }: Sample): Generator<readonly AlertEvent[], readonly KeyedRow[]> {
  const keyed: KeyedRow[] = [];
  for (const { labels, values } of rows) {
    keyed.push({ key: keyOf(state, labels), values, isLabelled: labels["other"] !== undefined });
    if (keyed.length % KEYS_AT_ONCE === 0) yield [];
  }
  if (state.plan.rule.program.by.length === 0 && state.window.aggregates.length > 0) keyOf(state, {});
  return keyed;
}

/** Decides how far the tick can be trusted, and remembers its time if it cannot. */
function trustTick(state: RuleState, sample: Sample, moment: TickMoment, rowsOverLimit: number): TickTrust {
  const { tickMs, suspendedMs = 0, degraded, lostRuns = 0 } = moment;
  const { windowMs, aggregates } = state.window;
  const trust = trustOf({
    ...{ sample, windowMs, tickMs, suspendedMs, rowsOverLimit, lostRuns },
    missedMs: state.missedMs,
    onlyRecords: aggregates.length === 0,
    ...(degraded !== undefined && { degraded }),
  });
  state.missedMs = trust.missedMs;
  if (trust.degraded !== undefined || trust.overlong !== undefined) state.untrustedAtMs = sample.atMs;
  if (trust.reported !== undefined) state.reportedAtMs = sample.atMs;
  const { lost_keys, lost_spans, missed_returns, unknown } = sample.health;
  if (lost_keys + lost_spans + missed_returns + unknown > 0) state.lostKeysAtMs = sample.atMs;
  return trust;
}

interface TakenIn extends TickMoment {
  readonly trust: TickTrust;
  readonly rows: readonly KeyedRow[];
  readonly rowsOverLimit: number;
}

function* takeIn(state: RuleState, sample: Sample, taken: TakenIn): Generator<readonly AlertEvent[], void> {
  const { trust, rows, rowsOverLimit, skippedRuns, tickMs, suspendedMs = 0 } = taken;
  const { atMs } = sample;
  const sliding = slideInPieces(state.window, {
    ...{ atMs, tickMs, intervalMs: sample.intervalMs - suspendedMs },
    unwatched: trust.degraded !== undefined || trust.overlong !== undefined,
    rows: rowsOfOneWindow(state, rows, trust.windows),
  });
  for (const _ of sliding) yield [];
  const isLate = trust.missedMs > 0;
  slideHealth(state.health, sample, { isLate, rowsOverLimit, ...(skippedRuns !== undefined && { skippedRuns }) });
}

/** True if an aggregate can be shared out over several windows. */
const isSharedOut = ({ addsUp, storage }: Pick<AggregateRecord, "addsUp" | "storage">): boolean =>
  addsUp && storage === "slots";

/**
 * Returns the counts that at least one of several windows must have: its share of totals. The step
 * of such a long tick leaves with the next tick. Distinct values and histograms cannot be shared
 * out, so they are left empty.
 */
function rowsOfOneWindow({ window }: RuleState, rows: readonly KeyedRow[], windows: number): readonly KeyRow[] {
  const ofKeys = rows.map(({ key, values }) => ({ key: key.window, values }));
  if (windows === 1) return ofKeys;
  const records = window.aggregates.map(({ function: name }) => aggregateRecord(name));
  if (!records.every((record) => isSharedOut(record) || !record.emptyIsZero)) return [];
  const isTotal = records.map(isSharedOut);
  return ofKeys.map(({ key, values }) => ({
    key,
    values: values.map((slots, index) => (isTotal[index] === true ? slots?.map((slot) => slot / windows) : slots)),
  }));
}

function* evaluateKeys(state: RuleState, tick: Tick): Generator<readonly AlertEvent[], void> {
  const { atMs } = tick.sample;
  const isWhole = tick.trust.degraded === undefined && tick.confidence.windowFilled === 1;
  for (const history of state.histories) beginHistoryTick(history, atMs, state.tickMs, isWhole);
  const shared = overAllKeys(state, tick.trust.windows);
  yield [];
  const someRest = mayRest(state, tick);
  const judged: KeyState[] = [];
  yield* pieces(state.keys.values(), (key) => {
    if (someRest && isResting(key, atMs)) return;
    key.scope = scopeOf(state, shared, key);
    judged.push(key);
  });
  if (judged.length > 0) state.topKeys.clear();
  keepLastValues(state, judged);
  yield* pieces(judged, (key) => {
    const events = state.policy.levels.length > 0 ? stepKey(state, key, tick) : undefined;
    key.window.isChanged = false;
    if (isForgettable(state, key, tick)) forget(state, key);
    return events;
  });
  for (const history of state.histories) endHistoryTick(history, atMs);
}

/** Visits each key, and gives the events of some keys at a time. */
function* pieces(
  keys: Iterable<KeyState>,
  visit: (key: KeyState) => readonly AlertEvent[] | void,
): Generator<readonly AlertEvent[], void> {
  let events: AlertEvent[] = [];
  let visited = 0;
  for (const key of keys) {
    const own = visit(key);
    if (own !== undefined) for (const event of own) events.push(event);
    if (++visited % KEYS_AT_ONCE !== 0) continue;
    yield events;
    events = [];
  }
  yield events;
}

function forget(state: RuleState, key: KeyState): void {
  state.keys.delete(key.id);
  if (key.alert.state !== "ok" || key.alert.firedAtMs !== undefined) state.alertsRevision++;
}

function scopeOf(state: RuleState, shared: Scope, key: KeyState): Scope {
  const { keyCounts, totals, filled, isShare, cells, distributions } = shared;
  const { aggregates } = key.window;
  return evaluateCells(state.plan.formulas, {
    ...{ keyCounts, totals, filled, cells, ...(isShare === true && { isShare }) },
    aggregates: aggregates.map(valueOf),
    distributions: state.window.hasBuckets ? aggregates.map(distributionOf) : distributions,
    recall: state.histories.length > 0 ? recallFor(state, key) : shared.recall,
  });
}

function recallFor(state: RuleState, key: KeyState): Scope["recall"] {
  return (index, current) => {
    const history = state.histories[index];
    const own = key.histories[index];
    return history === undefined || own === undefined ? undefined : recallAndKeep(history, own, current);
  };
}

/**
 * Returns the scope that all keys share, with the values of `keys` and `total`, which are only
 * computed if a formula reads them. A key has rows only if something was counted. So for a rule's
 * only signal the rows show which keys it has; for several signals the slots of each show it
 * (`isIdle`).
 */
function overAllKeys(state: RuleState, windows: number): Scope {
  const { window, keys, zero, plan } = state;
  const rowsTell = window.aggregates.length === 1 && plan.rule.program.by.length > 0;
  const keyCounts = window.aggregates.map(() => 0);
  const totals = window.aggregates.map(() => 0);
  for (const { window: own, isOther } of plan.formulas.looksBeyondKey ? keys.values() : []) {
    own.aggregates.forEach((aggregate, index) => {
      if (rowsTell ? own.rows === 0 : isIdle(aggregate)) return;
      totals[index] = (totals[index] ?? 0) + (valueOf(aggregate) ?? 0);
      if (!isOther) keyCounts[index] = (keyCounts[index] ?? 0) + 1 / windows;
    });
  }
  const filled = windowFilled(window, state.tickMs);
  return { ...zero, keyCounts, totals, filled, ...(windows > 1 && { isShare: true }) };
}

function stepKey(state: RuleState, key: KeyState, tick: Tick): readonly AlertEvent[] {
  const before = key.alert;
  const input = alertInput(state, key, tick);
  const step = stepAlert(state.policy, before, input);
  key.alert = step.record;
  key.restsUntilMs = restOf(state, key, before, input.verdict);
  if (!isSameAlert(before, step.record)) state.alertsRevision++;
  if (step.record.firing !== undefined) keepExtremes(state, key, before.firing === undefined);
  const flaps = flapEvents(state, key, before, tick);
  if (step.transition === undefined) return flaps;
  const level = (step.record.firing ?? before.firing)?.level ?? 0;
  return [...alertEvent(state.plan, key, before, step, tick, surroundingsOf(state, key, level)), ...flaps];
}

function alertInput(state: RuleState, key: KeyState, tick: Tick): AlertInput {
  const { sample, unixMs, unseen, trust } = tick;
  const { formulas } = state.plan;
  const explain = (level: number): string => formulas.levels[level]?.words.explain(key.scope) ?? "";
  const { clear } = formulas;
  const unsettled = whyUnsettled(state, sample.atMs);
  const verdict = verdictOn(state, key, tick);
  // A condition that holds for a tick longer than the window held within one window. Nothing else
  // is known.
  const holds = verdict.kind === "judged" && verdict.highest >= 0;
  const degraded = trust.degraded ?? (holds ? undefined : trust.overlong);
  return {
    verdict,
    atMs: sample.atMs,
    unixMs,
    intervalMs: sample.intervalMs,
    unseenMs: trust.unseenMs,
    tickMs: state.tickMs,
    explain,
    explainEnd: (level) => (clear === undefined ? `${explain(level)} no longer holds` : clear.words.explain(key.scope)),
    ...(unseen !== undefined && { unseen }),
    ...(degraded !== undefined && { degraded }),
    ...(unsettled !== undefined && { unsettled }),
  };
}

/**
 * Returns the verdict of the threshold on a key. A key that is gone has no data. If data is missing
 * because a baseline has too little past, the verdict says that.
 */
function verdictOn(state: RuleState, key: KeyState, { unseen }: Tick): Verdict {
  const { plan, policy, histories } = state;
  const verdict = judge(plan.formulas, key.scope, unseen);
  const isMissing = verdict.kind === "no_data" && verdict.why === "missing";
  const isWithoutPast = verdict.kind === "judged" && histories.length === 0;
  if (policy.endsWithoutDataMs !== undefined && key.window.rows === 0 && unseen === undefined) {
    // What holds of a key that is gone is said by others: by `total`, by `keys`.
    const endsByItself = verdict.kind === "judged" && verdict.highest < 0 && verdict.clear;
    if ((isMissing && policy.noData !== "ok") || (isWithoutPast && !endsByItself))
      return nothingHolds(noDataFor(policy.endsWithoutDataMs));
  }
  const warmUp = isMissing ? warmUpReason(histories) : undefined;
  return warmUp === undefined ? verdict : { kind: "no_data", why: "warm_up", reason: `no data: ${warmUp}`, soFar: -1 };
}

/**
 * True if a key can be forgotten: it counted nothing in the window, and nobody waits for it. The
 * one key of a rule without `by` stays. If other keys find no room, the key's past is given up.
 */
function isForgettable(state: RuleState, key: KeyState, { isCrowded, sample }: Tick): boolean {
  if (state.plan.rule.program.by.length === 0 || key.window.rows > 0 || key.alert.firing !== undefined) return false;
  if (isCrowded) return true;
  const firedAtMs = key.alert.firedAtMs?.at(-1) ?? -Infinity;
  if (sample.atMs - firedAtMs < state.policy.flap.withinMs) return false;
  return key.histories.every(isUneventful);
}
