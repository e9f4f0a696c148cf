import { isDistribution } from "../../../bpf/check/aggregate-functions.ts";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import { durationText } from "../../text/duration-text.ts";
import type { SampleRow } from "../../sample/sample.ts";
import { addTo, clear, emptyWindow, keptOf, removeFrom } from "./aggregate-window.ts";
import type { KeyWindow } from "./key-window.ts";
import { addRow, canTake, createStep, edgeOf, keptAt, type Step, stepLengthMs } from "./window-step.ts";

export interface KeyRow {
  readonly key: KeyWindow;
  readonly values: SampleRow["values"];
}

/**
 * One rule's sliding window, in steps. The cost of sliding depends only on what enters and leaves.
 * Each key has totals: a tick's rows are added when it enters, and a step's rows are subtracted
 * when it leaves.
 */
export interface Window {
  readonly windowMs: number;
  readonly aggregates: readonly Aggregate[];
  /**
   * by index of `aggregates`: the offset of its values within the values that a step keeps for a
   * key
   */
  readonly offsets: readonly number[];
  readonly stride: number;
  /** true if some of `aggregates` are histograms, whose steps keep buckets */
  readonly hasBuckets: boolean;
  /** oldest first; the newest takes in further ticks */
  readonly steps: Step[];
  nextSequence: number;
  /** the time of the window that has been watched */
  coveredMs: number;
  /**
   * the time until which some of the window is missing: the host was suspended, or a late tick has
   * left as a whole
   */
  missingUntilMs: number;
}

export function createWindow(aggregates: readonly Aggregate[], windowMs: number): Window {
  let stride = 0;
  const offsets = aggregates.map((aggregate) => {
    stride += keptOf(aggregate.function);
    return stride - keptOf(aggregate.function);
  });
  const hasBuckets = aggregates.some(({ function: name }) => isDistribution(name));
  const empty = { steps: [], nextSequence: 0, coveredMs: 0, missingUntilMs: -Infinity };
  return { windowMs, aggregates, offsets, stride, hasBuckets, ...empty };
}

export function createKeyWindow(window: Window): KeyWindow {
  return { aggregates: window.aggregates.map(emptyWindow), rows: 0, newestStep: -1, newestRow: 0, isChanged: true };
}

/** The input of one tick to a window. */
export interface WindowInput {
  readonly atMs: number;
  readonly intervalMs: number;
  /** the length that a tick should have */
  readonly tickMs: number;
  /**
   * true if the probe was not attached in this interval, or if its counts cannot be distinguished
   * from those before the window
   */
  readonly unwatched: boolean;
  readonly rows: readonly KeyRow[];
}

/**
 * Adds a tick, and removes the steps that have left the window. Windows are whole ticks, and a
 * jitter of the clock changes nothing: a tick is in the window as long as the first half of the
 * time that it should have taken is in it. So a tick that was late leaves before all of its time
 * has left. The window never holds more than it says, and until it is full again `missingUntilMs`
 * shows that it holds less. If a window has more than `MAX_STEPS` ticks, several make a step, and
 * the window is as exact as its steps. The newest step is always in.
 */
export function slide(window: Window, input: WindowInput): void {
  for (const _ of slideInPieces(window, input));
}

/** The number of rows after which the evaluation lets other work run. */
const ROWS_AT_ONCE = 1000;

/** Does the same in pieces: the window is whole again once all were taken. */
export function* slideInPieces(window: Window, input: WindowInput): Generator<undefined, void> {
  const { atMs, intervalMs, tickMs, unwatched, rows } = input;
  letGo(window, atMs, tickMs);
  const step = takeTick(window, input);
  const watchedMs = unwatched ? 0 : intervalMs;
  step.watchedMs += watchedMs;
  window.coveredMs += watchedMs;
  let taken = 0;
  for (const { key, values } of rows) {
    addValues(window, step, key, values);
    if (++taken % ROWS_AT_ONCE === 0) yield undefined;
  }
}

/** Returns the steps that the tick at `atMs` will let go, the oldest first. */
export function leavingSteps({ steps, windowMs }: Window, atMs: number, tickMs: number): readonly Step[] {
  const lengthMs = stepLengthMs(windowMs, tickMs);
  const staying = steps.findIndex((step) => edgeOf(step, lengthMs) > atMs - windowMs);
  return staying < 0 ? steps : steps.slice(0, staying);
}

function letGo(window: Window, atMs: number, tickMs: number): void {
  const lengthMs = stepLengthMs(window.windowMs, tickMs);
  for (let oldest = window.steps[0]; oldest !== undefined; oldest = window.steps[0]) {
    if (edgeOf(oldest, lengthMs) > atMs - window.windowMs) return;
    window.steps.shift();
    window.coveredMs -= oldest.watchedMs;
    const isLate = oldest.endMs - oldest.startMs > 1.5 * lengthMs;
    if (isLate) window.missingUntilMs = Math.max(window.missingUntilMs, oldest.endMs + window.windowMs - lengthMs / 2);
    takeOut(window, oldest);
  }
}

function takeTick(window: Window, { atMs, intervalMs, tickMs, rows }: WindowInput): Step {
  const newest = window.steps.at(-1);
  if (newest !== undefined && canTake(newest, atMs, intervalMs, stepLengthMs(window.windowMs, tickMs), tickMs)) {
    newest.endMs = atMs;
    return newest;
  }
  const startMs = atMs - intervalMs;
  if (newest !== undefined && startMs - newest.endMs > tickMs / 2) window.missingUntilMs = startMs + window.windowMs;
  const step = createStep(window.nextSequence++, startMs, atMs, rows.length * window.stride);
  window.steps.push(step);
  return step;
}

function addValues(
  { aggregates, offsets, stride, hasBuckets }: Window,
  step: Step,
  key: KeyWindow,
  values: KeyRow["values"],
): void {
  const row = addRow(step, key, stride);
  key.isChanged = true;
  for (let index = 0; index < aggregates.length; index++) {
    const own = key.aggregates[index];
    if (own === undefined) continue;
    const at = row * stride + (offsets[index] ?? 0);
    addTo(own, values[index], { sequence: step.sequence, amounts: step.amounts, at, buckets: undefined });
    if (hasBuckets) keptAt(step, own, row * aggregates.length + index, values[index]);
  }
}

function takeOut({ aggregates, offsets, stride }: Window, { sequence, keys, amounts, buckets }: Step): void {
  keys.forEach((key, row) => {
    key.rows--;
    key.isChanged = true;
    key.aggregates.forEach((own, index) => {
      const at = row * stride + (offsets[index] ?? 0);
      removeFrom(own, { sequence, amounts, at, buckets: buckets[row * aggregates.length + index] });
      if (key.rows === 0) clear(own);
    });
  });
}

/**
 * Returns the part of the window that has been watched, 0 to 1. A missing time that comes from
 * jitter or from the length of steps, less than half of a step, does not count.
 */
export function windowFilled({ coveredMs, windowMs }: Window, tickMs: number): number {
  const lengthMs = stepLengthMs(windowMs, tickMs);
  const slackMs = lengthMs > tickMs ? (lengthMs + tickMs) / 2 : tickMs / 2;
  return coveredMs + slackMs >= windowMs ? 1 : coveredMs / windowMs;
}

/**
 * Says how much of the window was seen; undefined if all of it was. Otherwise totals over it are
 * not what they will be, or would have been.
 */
export function unseenOf(window: Window, tickMs: number): string | undefined {
  const { coveredMs, windowMs, missingUntilMs, steps } = window;
  const said = (ms: number): string => durationText(Math.round(ms) * 1e6);
  if (windowFilled(window, tickMs) < 1)
    return `only ${said(coveredMs)} of the window of ${said(windowMs)} have been seen`;
  const atMs = steps.at(-1)?.endMs ?? -Infinity;
  return atMs < missingUntilMs ? "some of the window was not seen" : undefined;
}
