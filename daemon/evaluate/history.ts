import type { HistoryCall, Recall } from "./formula.ts";

const MAX_WINDOWS = 120;

/** When the values of one history call were kept, for all keys of a rule. */
export interface History {
  readonly recall: Recall;
  /** of a key without events: stands for each time at which a key was not there */
  readonly zeroValue: number | undefined;
  readonly windowMs: number;
  /** at least this long between two values that are kept: 0 keeps every tick */
  readonly stepMs: number;
  readonly keepMs: number;
  readonly timesMs: number[];
  lastKeptMs: number;
  keepsNow: boolean;
}

/** The values that one key had at the kept times; times before its first are the zero value. */
export type KeyHistory = { readonly atMs: number; readonly value: number | undefined }[];

/**
 * `previous` looks at the value one window ago, so each tick is kept for that long. `mean` and `stddev` look at windows that do not
 * overlap: a value each window, or as seldom as makes 120 of them.
 */
export function createHistory({ recall }: HistoryCall, zeroValue: number | undefined, windowMs: number): History {
  const stepMs = recall.kind === "previous" ? 0 : Math.max(windowMs, recall.spanMs / MAX_WINDOWS);
  const keepMs = recall.kind === "previous" ? windowMs : recall.spanMs;
  return { recall, zeroValue, windowMs, stepMs, keepMs, timesMs: [], lastKeptMs: -Infinity, keepsNow: false };
}

/** Begins a tick: decides whether its values are kept (only those that can be trusted), and forgets the times that nothing looks back on. */
export function beginHistoryTick(history: History, atMs: number, intervalMs: number, trusted: boolean): void {
  const slackMs = intervalMs / 2;
  while (oldestIsUnneeded(history, atMs, slackMs)) history.timesMs.shift();
  history.keepsNow = trusted && (history.stepMs === 0 || atMs - history.lastKeptMs >= history.stepMs - slackMs);
}

function oldestIsUnneeded({ recall, timesMs, keepMs }: History, atMs: number, slackMs: number): boolean {
  // `previous` needs the newest time that is a window old, so the oldest goes when the one after it is old enough too.
  const candidate = recall.kind === "previous" ? timesMs[1] : timesMs[0];
  if (candidate === undefined) return false;
  return recall.kind === "previous" ? candidate <= atMs - keepMs + slackMs : candidate < atMs - keepMs - slackMs;
}

/** Ends a tick, after all keys have been recalled. */
export function endHistoryTick(history: History, atMs: number): void {
  if (!history.keepsNow) return;
  history.timesMs.push(atMs);
  history.lastKeptMs = atMs;
}

/** Gives what the call recalls at `atMs`, and keeps `current` where this tick is one to keep. */
export function recallAndKeep(
  history: History,
  key: KeyHistory,
  current: number | undefined,
  atMs: number,
  intervalMs: number,
): number | undefined {
  const oldestMs = history.timesMs[0] ?? atMs;
  while (key[0] !== undefined && key[0].atMs < oldestMs) key.shift();
  const recalled = lookBack(history, key, atMs - history.windowMs + intervalMs / 2);
  if (history.keepsNow) key.push({ atMs, value: current });
  return recalled;
}

function lookBack(history: History, key: KeyHistory, newestMs: number): number | undefined {
  const { timesMs, zeroValue, recall: how } = history;
  const oldest = timesMs[0];
  if (oldest === undefined || oldest > newestMs) return undefined;
  if (how.kind === "previous") return key[0]?.atMs === oldest ? key[0].value : zeroValue;
  const own = key.filter(({ atMs }) => atMs <= newestMs);
  const absent = timesMs.filter((atMs) => atMs <= newestMs).length - own.length;
  const values = [
    ...new Array<number | undefined>(Math.max(0, absent)).fill(zeroValue),
    ...own.map(({ value }) => value),
  ];
  return statistic(
    how.kind,
    values.filter((value) => value !== undefined),
  );
}

/** The mean, or the standard deviation of the whole population; no data of no values. */
function statistic(kind: "mean" | "stddev", values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (kind === "mean") return mean;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Whether a key may be forgotten without changing what will be recalled. */
export function isUneventful(history: History, key: KeyHistory): boolean {
  return key.every(({ value }) => value === history.zeroValue);
}
