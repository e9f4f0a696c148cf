import { durationText } from "../../text/duration-text.ts";
import type { HistoryCall, Recall } from "./formula.ts";

const MAX_WINDOWS = 120;

/** The times at which the values of one history call were kept, for all keys of a rule. */
export interface History {
  readonly recall: Recall;
  /** the value of a key without events: stands for each time at which a key was absent */
  readonly zeroValue: number | undefined;
  readonly windowMs: number;
  /** at least this long between two values that are kept */
  readonly stepMs: number;
  readonly keepMs: number;
  /** CLOCK_BOOTTIME, oldest first */
  readonly timesMs: number[];
  keepsNow: boolean;
  /** the number of `timesMs` that this tick looks back on */
  inReach: number;
}

/**
 * The values of one key at the newest of `History.timesMs`, NaN for no data. At the times before
 * its first value it had the zero value.
 */
export interface KeyHistory {
  readonly values: number[];
  /** how many of them differ from the zero value */
  eventful: number;
}

/**
 * Creates a history. `previous` looks at the value one window ago, so values are kept for that
 * long, 120 of them or each tick. `mean` and `stddev` look at windows that do not overlap: a value
 * each window, or less often if there are more than 120.
 */
export function createHistory({ recall }: HistoryCall, zeroValue: number | undefined, windowMs: number): History {
  const looksBack = recall.kind === "previous";
  const keepMs = looksBack ? windowMs : recall.spanMs;
  const stepMs = looksBack ? windowMs / MAX_WINDOWS : Math.max(windowMs, keepMs / MAX_WINDOWS);
  return { recall, zeroValue, windowMs, stepMs, keepMs, timesMs: [], keepsNow: false, inReach: 0 };
}

export function createKeyHistory(): KeyHistory {
  return { values: [], eventful: 0 };
}

/**
 * Begins a tick. Decides whether its values are kept: only those of a full window are. Forgets the
 * times that nothing looks back on.
 *
 * @param isWhole true if the window is full and everything in it can be trusted
 */
export function beginHistoryTick(history: History, atMs: number, tickMs: number, isWhole: boolean): void {
  const slackMs = slackOf(history, tickMs);
  while (oldestIsUnneeded(history, atMs, slackMs)) history.timesMs.shift();
  const lastKeptMs = history.timesMs.at(-1) ?? -Infinity;
  history.keepsNow = isWhole && atMs - lastKeptMs >= history.stepMs - tickMs / 2;
  const newestMs = atMs - history.windowMs + slackMs;
  history.inReach = history.timesMs.findLastIndex((timeMs) => timeMs <= newestMs) + 1;
}

/**
 * Returns the most by which the time of a kept value may differ from the time that it should have.
 */
function slackOf({ recall, stepMs }: History, tickMs: number): number {
  return recall.kind === "previous" ? Math.max(tickMs, stepMs) / 2 : tickMs / 2;
}

function oldestIsUnneeded({ recall, timesMs, keepMs, windowMs }: History, atMs: number, slackMs: number): boolean {
  const [oldest, next] = timesMs;
  if (oldest === undefined) return false;
  if (recall.kind !== "previous") return oldest < atMs - keepMs - slackMs;
  // `previous` needs the newest time that is a window old, so the oldest goes when the one after it
  // is old enough too; or when it has become another window than the one just before.
  return (next !== undefined && next <= atMs - keepMs + slackMs) || oldest < atMs - 1.25 * windowMs - 4 * slackMs;
}

/** Ends a tick, after all keys have been recalled. */
export function endHistoryTick(history: History, atMs: number): void {
  if (history.keepsNow) history.timesMs.push(atMs);
}

/**
 * Returns the value that the call recalls at this tick. Keeps `current` if this tick's values are
 * kept.
 */
export function recallAndKeep(history: History, key: KeyHistory, current: number | undefined): number | undefined {
  while (key.values.length > history.timesMs.length) forget(history, key);
  const recalled = history.recall.kind === "previous" ? windowBefore(history, key) : statistic(history, key);
  if (history.keepsNow) remember(history, key, current);
  return recalled;
}

const numberOf = (value: number | undefined): number => value ?? NaN;

function remember({ zeroValue }: History, key: KeyHistory, current: number | undefined): void {
  key.values.push(numberOf(current));
  if (!Object.is(numberOf(current), numberOf(zeroValue))) key.eventful++;
}

function forget({ zeroValue }: History, key: KeyHistory): void {
  const value = key.values.shift();
  if (!Object.is(value, numberOf(zeroValue))) key.eventful--;
}

/** Returns the value at the newest time in reach, which is the oldest that is kept. */
function windowBefore({ inReach, timesMs, zeroValue }: History, { values }: KeyHistory): number | undefined {
  if (inReach === 0) return undefined;
  const value = values[inReach - 1 - (timesMs.length - values.length)];
  return value === undefined ? zeroValue : dataOf(value);
}

const dataOf = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);

/**
 * The number of earlier windows that a statistic has at this tick, the number that it looks back
 * on, and the number that it needs.
 */
export interface WarmUp {
  readonly windows: number;
  readonly of: number;
  readonly needed: number;
}

/**
 * Returns the progress of a statistic. It needs a quarter of its windows, but at least five or all
 * of them: with fewer it is no data.
 */
export function warmUpOf({ inReach, keepMs, stepMs }: History): WarmUp {
  const of = Math.max(1, Math.floor(keepMs / stepMs + 0.001));
  return { windows: Math.min(inReach, of), of, needed: Math.min(of, Math.max(5, Math.ceil(of / 4))) };
}

/** Says why statistics are still no data; undefined if all have enough windows. */
export function warmUpReason(histories: readonly History[]): string | undefined {
  const colder = histories.find((history) => {
    const { windows, needed } = warmUpOf(history);
    return history.recall.kind !== "previous" && windows < needed;
  });
  if (colder === undefined || colder.recall.kind === "previous") return undefined;
  const { windows, needed } = warmUpOf(colder);
  const { kind, spanMs } = colder.recall;
  return `warming up: ${kind} over ${durationText(spanMs * 1e6)} has seen ${windows} of the ${needed} windows that it needs`;
}

/**
 * Returns the mean, or the standard deviation of the whole population; undefined with too few
 * windows or without values.
 */
function statistic(history: History, { values }: KeyHistory): number | undefined {
  const { windows, needed } = warmUpOf(history);
  if (windows < needed) return undefined;
  const absent = history.timesMs.length - values.length;
  const at = (index: number): number =>
    index < absent ? numberOf(history.zeroValue) : (values[index - absent] ?? NaN);
  const mean = meanOf(history.inReach, at);
  if (history.recall.kind === "mean" || mean === undefined) return mean;
  const variance = meanOf(history.inReach, (index) => (at(index) - mean) ** 2);
  return variance === undefined ? undefined : Math.sqrt(variance);
}

/** Returns the mean of the values that are not NaN. */
function meanOf(count: number, at: (index: number) => number): number | undefined {
  let sum = 0;
  let found = 0;
  for (let index = 0; index < count; index++) {
    const value = at(index);
    if (Number.isNaN(value)) continue;
    sum += value;
    found++;
  }
  return found === 0 ? undefined : sum / found;
}

/** True if a key may be forgotten without a change of recalled values. */
export function isUneventful(key: KeyHistory): boolean {
  return key.eventful === 0;
}
