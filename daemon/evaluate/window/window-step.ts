import type { AggregateWindow } from "./aggregate-window.ts";
import { type Buckets, mergeBuckets } from "./distribution-window.ts";
import type { KeyWindow } from "./key-window.ts";

/**
 * At most so many steps has a window: what it takes to remember is bounded by its keys, not by its
 * length.
 */
export const MAX_STEPS = 120;

/**
 * One tick of a window, or several where it has more than `MAX_STEPS`. Times are CLOCK_BOOTTIME
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
   * by row of `keys`: what has to be taken away again, `Window.stride` numbers each, packed, for
   * there may be a million in a window
   */
  amounts: Float64Array;
  /** by row and aggregate, of histograms; empty where a rule has none */
  readonly buckets: (Buckets | undefined)[];
}

export function createStep(sequence: number, startMs: number, endMs: number, amounts: number): Step {
  return { sequence, startMs, endMs, watchedMs: 0, keys: [], amounts: new Float64Array(amounts), buckets: [] };
}

/** How long a step is: whole ticks, as few as make at most `MAX_STEPS` of the window. */
export function stepLengthMs(windowMs: number, tickMs: number): number {
  return tickMs * Math.max(1, Math.ceil(windowMs / MAX_STEPS / tickMs));
}

/**
 * A step is in a window while this is: the middle of it, or of what it would be had it not been
 * late.
 */
export function edgeOf({ startMs, endMs }: Step, lengthMs: number): number {
  return startMs + Math.min(endMs - startMs, lengthMs) / 2;
}

/**
 * True if a tick is one more of this step: they adjoin, and it is no longer for it than it should
 * be.
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

/** The row of a key in the newest step, made where it has none there. */
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

/** Keeps what a tick counted of a histogram, at its place among the step's buckets. */
export function keptAt(step: Step, window: AggregateWindow, place: number, counted: Buckets | undefined): void {
  step.buckets[place] = window.kind === "distribution" ? mergeBuckets(step.buckets[place], counted) : undefined;
}
