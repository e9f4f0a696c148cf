import type { Aggregate } from "../../bpf/check/checked-program.ts";
import type { SampleRow } from "../sample/sample.ts";
import { addTo, type AggregateWindow, type Counted, emptyWindow, removeFrom, slotsOf } from "./aggregate-window.ts";

/** What one key counted within the window. */
export interface KeyWindow {
  readonly aggregates: readonly AggregateWindow[];
  /** how many rows of this key are in the window */
  rows: number;
}

export interface KeyRow {
  readonly key: KeyWindow;
  readonly values: SampleRow["values"];
}

interface WindowTick {
  readonly sequence: number;
  readonly middleMs: number;
  readonly watchedMs: number;
  /** the keys that counted, and their slots, `Window.stride` each: packed, for there may be a million in a window */
  readonly keys: readonly KeyWindow[];
  readonly slots: Float64Array;
  /** by key and aggregate, of those that have no slots; empty where a rule has none of them */
  readonly lists: readonly (readonly (readonly number[] | undefined)[])[];
}

/**
 * The ticks of one rule's sliding window. Sliding costs as much as what enters and leaves: each key has its totals, to which a tick's
 * rows are added when it enters and from which they are taken when it leaves.
 */
export interface Window {
  readonly windowMs: number;
  readonly aggregates: readonly Aggregate[];
  /** by index of `aggregates`: where its slots begin within those of a key */
  readonly offsets: readonly number[];
  readonly stride: number;
  readonly ticks: WindowTick[];
  nextSequence: number;
  /** how much of the window has been watched */
  coveredMs: number;
}

export function createWindow(aggregates: readonly Aggregate[], windowMs: number): Window {
  let stride = 0;
  const offsets = aggregates.map((aggregate) => {
    stride += slotsOf(aggregate.function);
    return stride - slotsOf(aggregate.function);
  });
  return { windowMs, aggregates, offsets, stride, ticks: [], nextSequence: 0, coveredMs: 0 };
}

export function createKeyWindow(window: Window): KeyWindow {
  return { aggregates: window.aggregates.map(emptyWindow), rows: 0 };
}

/** What one tick brings to a window. */
export interface WindowInput {
  readonly atMs: number;
  readonly intervalMs: number;
  /** the probe was not attached in this interval */
  readonly unwatched: boolean;
  readonly rows: readonly KeyRow[];
}

/**
 * Takes in a tick and lets go of those that have left the window. A tick is in the window while the middle of its interval is: windows
 * are whole ticks, a jitter of the clock changes nothing, and after a late tick time decides, not the number of ticks. The newest
 * tick always is in.
 */
export function slide(window: Window, { atMs, intervalMs, unwatched, rows }: WindowInput): void {
  const sequence = window.nextSequence++;
  const horizonMs = atMs - window.windowMs;
  while (window.ticks[0] !== undefined && window.ticks[0].middleMs <= horizonMs) dropOldest(window);
  const watchedMs = unwatched ? 0 : intervalMs;
  const slots = packSlots(window, rows);
  const keys = rows.map(({ key }) => key);
  const tick = { sequence, middleMs: atMs - intervalMs / 2, watchedMs, keys, slots, lists: listsOf(window, rows) };
  window.ticks.push(tick);
  window.coveredMs += watchedMs;
  forEachAggregate(window, tick, addTo);
  for (const key of tick.keys) key.rows++;
}

const hasNoSlots = (aggregate: Aggregate): boolean => slotsOf(aggregate.function) === 0;

function listsOf({ aggregates }: Window, rows: readonly KeyRow[]): WindowTick["lists"] {
  if (!aggregates.some(hasNoSlots)) return [];
  return rows.map(({ values }) =>
    aggregates.map((aggregate, index) => (hasNoSlots(aggregate) ? values[index] : undefined)),
  );
}

function packSlots({ offsets, stride, aggregates }: Window, rows: readonly KeyRow[]): Float64Array {
  const slots = new Float64Array(rows.length * stride);
  rows.forEach(({ values }, row) => {
    aggregates.forEach((aggregate, index) => {
      const counted = values[index];
      const at = row * stride + (offsets[index] ?? 0);
      for (let slot = 0; slot < slotsOf(aggregate.function); slot++) slots[at + slot] = counted?.[slot] ?? 0;
    });
  });
  return slots;
}

function forEachAggregate(
  { offsets, stride }: Window,
  { keys, sequence, slots, lists }: WindowTick,
  visit: (aggregate: AggregateWindow, counted: Counted) => void,
): void {
  keys.forEach(({ aggregates }, row) => {
    aggregates.forEach((aggregate, index) => {
      visit(aggregate, { sequence, slots, at: row * stride + (offsets[index] ?? 0), list: lists[row]?.[index] });
    });
  });
}

function dropOldest(window: Window): void {
  const tick = window.ticks.shift();
  if (tick === undefined) return;
  window.coveredMs -= tick.watchedMs;
  forEachAggregate(window, tick, removeFrom);
  for (const key of tick.keys) key.rows--;
}

/** The part of the window that has been watched, 0 to 1; what is missing by jitter, less than half a tick, does not count. */
export function windowFilled({ coveredMs, windowMs }: Window, intervalMs: number): number {
  return coveredMs + intervalMs / 2 >= windowMs ? 1 : coveredMs / windowMs;
}
