import type { AggregateWindow } from "./aggregate-window.ts";
import { type Buckets, mergeBuckets } from "./distribution-window.ts";
import type { KeyWindow } from "./key-window.ts";

/** The most steps of a window: its memory is bounded by its keys, not by its length. */
export const MAX_STEPS = 120;

/**
 * One tick of a window, or several if it has more than `MAX_STEPS`. Times are CLOCK_BOOTTIME
 * milliseconds.
 */
export interface Step {
  readonly sequence: number;
  readonly startMs: number;
  endMs: number;
  watchedMs: number;
  /** the keys that counted */
  readonly keys: KeyWindow[];
  /**
   * by row of `keys`: the values to subtract when the step leaves, `Window.stride` numbers each,
   * packed, since there may be a million in a window
   */
  amounts: Float64Array;
  /** by row and aggregate, for histograms; empty if a rule has none */
  readonly buckets: (Buckets | undefined)[];
}

export function createStep(sequence: number, startMs: number, endMs: number, amounts: number): Step {
  return { sequence, startMs, endMs, watchedMs: 0, keys: [], amounts: new Float64Array(amounts), buckets: [] };
}

/**
 * Returns the length of a step in whole ticks, as few as are needed for at most `MAX_STEPS` in the
 * window.
 */
export function stepLengthMs(windowMs: number, tickMs: number): number {
  return tickMs * Math.max(1, Math.ceil(windowMs / MAX_STEPS / tickMs));
}

/**
 * Returns the time that decides whether a step is in a window. It is the middle of the step, or of
 * the time that the step should have taken if it was late.
 */
export function edgeOf({ startMs, endMs }: Step, lengthMs: number): number {
  return startMs + Math.min(endMs - startMs, lengthMs) / 2;
}

/**
 * True if a tick can be added to this step: they adjoin, and the step does not become longer than
 * it should be.
 */
export function canTake(
  { startMs, endMs }: Step,
  atMs: number,
  intervalMs: number,
  lengthMs: number,
  tickMs: number,
): boolean {
  const slackMs = tickMs / 2;
  return lengthMs > tickMs && atMs - startMs <= lengthMs + slackMs && atMs - intervalMs <= endMs + slackMs;
}

/** Returns the row of a key in the newest step, and adds the row if it is new there. */
export function addRow(step: Step, key: KeyWindow, stride: number): number {
  if (key.newestStep === step.sequence) return key.newestRow;
  const row = step.keys.push(key) - 1;
  key.rows++;
  key.newestStep = step.sequence;
  key.newestRow = row;
  if (step.amounts.length < (row + 1) * stride) step.amounts = grown(step.amounts, (row + 1) * stride);
  return row;
}

function grown(amounts: Float64Array, needed: number): Float64Array {
  const more = new Float64Array(Math.max(needed, Math.ceil(1.5 * amounts.length)));
  more.set(amounts);
  return more;
}

/** Keeps the counts of a histogram in a tick, at its place among the step's buckets. */
export function keptAt(step: Step, window: AggregateWindow, place: number, counted: Buckets | undefined): void {
  step.buckets[place] = window.kind === "distribution" ? mergeBuckets(step.buckets[place], counted) : undefined;
}
