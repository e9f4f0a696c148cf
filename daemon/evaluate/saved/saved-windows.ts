import { keptOf } from "../window/aggregate-window.ts";
import { type Encoded, decodeValue, encodeValue } from "./json-values.ts";
import { partsOf } from "./parts-of.ts";
import { keyOf, type KeyState, type RuleState } from "../rule-state.ts";
import { clockShiftMs, gapMs, type SavedMoment } from "./saved-moment.ts";
import type { Restart } from "./kept.ts";
import { restoreAggregate, saveAggregate } from "./saved-aggregates.ts";
import {
  HEALTH_PART,
  HISTORY_PART,
  KEY_HISTORY_PART,
  KEY_WINDOW_PART,
  RULE_PART,
  type SavedKey,
  type SavedStep,
  STEP_PART,
  WINDOW_PART,
  type Windows,
  WINDOWS_SHAPE,
} from "./saved-windows-shape.ts";
import { shaped } from "./shape.ts";
import type { KeyWindow } from "../window/key-window.ts";
import type { Window } from "../window/window.ts";
import { addRow, createStep, type Step } from "../window/window-step.ts";

/**
 * The counts of a rule: its window, and the values that baselines look back on. They may be large.
 */
export interface SavedWindows {
  readonly at: SavedMoment;
  readonly windows: Encoded;
}

/** Saves all counts in one part, however many keys there are. */
export function saveWindows(state: RuleState, at: SavedMoment): SavedWindows {
  const parts = saveWindowsInParts(state, at, Infinity);
  for (const part of parts) if (part !== undefined) return part;
  throw new Error("expected a part");
}

/**
 * Saves counts one part after the other, with at most `most` keys each and their rows in each step
 * of the window; at least one part. Undefined stands for a moment at which other work may use the
 * thread. The state must not change before all parts were taken.
 */
export function* saveWindowsInParts(
  state: RuleState,
  at: SavedMoment,
  most: number,
): Generator<SavedWindows | undefined, void> {
  const { steps, stride } = state.window;
  const parts = partsOf([...state.keys.values()], most);
  const rows = yield* rowsByPart(state.window, parts);
  for (const [part, keys] of parts.entries()) {
    const windows: Windows = {
      keys: keys.map(savedKey),
      steps: steps.map((step, place) => savedStep(state.window, step, rows[part]?.[place])),
      stride,
      ...WINDOW_PART.save(state.window),
      ...RULE_PART.save(state),
      historyTimesMs: state.histories.map(({ timesMs }) => timesMs),
      health: HEALTH_PART.save(state.health),
    };
    yield { at, windows: encodeValue(windows) };
  }
}

/**
 * The rows of one step that belong to a part's keys: indexes of the keys in their part, and of the
 * rows in the step.
 */
interface PartRows {
  readonly keys: number[];
  readonly rows: number[];
}

/** Returns the rows by part and step. A key that has rows in the window is not forgotten. */
function* rowsByPart(
  { steps }: Window,
  parts: readonly (readonly KeyState[])[],
): Generator<undefined, readonly (readonly PartRows[])[]> {
  const places = new Map<KeyWindow, { readonly part: number; readonly index: number }>();
  for (const [part, keys] of parts.entries()) keys.forEach(({ window }, index) => places.set(window, { part, index }));
  const byPart = parts.map((): readonly PartRows[] => steps.map(() => ({ keys: [], rows: [] })));
  for (const [place, step] of steps.entries()) {
    yield undefined;
    step.keys.forEach((key, row) => {
      const at = places.get(key);
      const own = at && byPart[at.part]?.[place];
      own?.keys.push(at?.index ?? 0);
      own?.rows.push(row);
    });
  }
  return byPart;
}

function savedKey({ labels, window, histories, extremes, alert }: KeyState): SavedKey {
  const kept = {
    labels,
    ...KEY_WINDOW_PART.save(window),
    histories: histories.map(KEY_HISTORY_PART.save),
    aggregates: window.aggregates.map(saveAggregate),
  };
  return alert.firing === undefined ? kept : { ...kept, extremes };
}

function savedStep(
  { stride, aggregates, hasBuckets }: Window,
  step: Step,
  { keys, rows }: PartRows = { keys: [], rows: [] },
): SavedStep {
  const amounts = new Float64Array(rows.length * stride);
  rows.forEach((row, index) => amounts.set(step.amounts.subarray(row * stride, (row + 1) * stride), index * stride));
  const width = aggregates.length;
  const buckets = hasBuckets
    ? rows.flatMap((row) => aggregates.map((_, place) => step.buckets[row * width + place]))
    : [];
  return { ...STEP_PART.save(step), keys, amounts, buckets };
}

/**
 * Restores counts as they were when they were saved, into a state of the same rule that has seen
 * nothing yet, or only other parts of the same moment.
 */
export function restoreWindows(state: RuleState, saved: SavedWindows, now: SavedMoment): void {
  const windows = shaped(WINDOWS_SHAPE, decodeValue(saved.windows));
  const restart: Restart = { shiftMs: clockShiftMs(saved.at, now), breakMs: gapMs(saved.at, now) };
  if (!isLaidOutAlike(state, windows.stride)) return;
  if (state.window.steps.length === 0) restoreRule(state, windows, restart);
  const keys = windows.keys.map((key) => restoreKey(state, key, restart));
  for (const step of windows.steps) restoreRows(state.window, step, keys, restart);
}

/** Restores the values of the whole rule, which all parts have. */
function restoreRule(state: RuleState, windows: Windows, restart: Restart): void {
  RULE_PART.restore(state, windows, restart);
  WINDOW_PART.restore(state.window, windows, restart);
  HEALTH_PART.restore(state.health, windows.health, restart);
  state.histories.forEach((history, index) => {
    HISTORY_PART.restore(history, { timesMs: windows.historyTimesMs[index] ?? [] }, restart);
  });
}

/** Adds the rows of a part's keys to the step that they were of. */
function restoreRows(window: Window, saved: SavedStep, keys: readonly KeyWindow[], restart: Restart): void {
  const { sequence, startMs, endMs, amounts, buckets } = saved;
  let step = window.steps.find((each) => each.sequence === sequence);
  if (step === undefined) {
    step = createStep(sequence, startMs, endMs, amounts.length);
    STEP_PART.restore(step, saved, restart);
    window.steps.push(step);
  }
  const { stride, hasBuckets } = window;
  const width = window.aggregates.length;
  for (const [row, index] of saved.keys.entries()) {
    const key = keys[index];
    if (key === undefined) continue;
    const at = addRow(step, key, stride);
    step.amounts.set(amounts.subarray(row * stride, (row + 1) * stride), at * stride);
    for (let place = 0; hasBuckets && place < width; place++)
      step.buckets[at * width + place] = buckets[row * width + place];
  }
}

/**
 * The number of values that a step kept for a total, in a version that did not save the stride yet.
 * For an avg it kept fewer than now.
 */
const KEPT_OF_TOTAL = 2;

/** True if steps are laid out as they were when they were saved. */
function isLaidOutAlike({ window: { aggregates, stride } }: RuleState, saved: number | undefined): boolean {
  return saved === undefined
    ? aggregates.every(({ function: name }) => keptOf(name) <= KEPT_OF_TOTAL)
    : saved === stride;
}

function restoreKey(state: RuleState, saved: SavedKey, restart: Restart): KeyWindow {
  const key = keyOf(state, saved.labels);
  const { window, histories } = key;
  key.extremes = saved.extremes ?? [];
  // Its rows are counted as they are put back.
  KEY_WINDOW_PART.put(window, { rows: 0, newestStep: -1, newestRow: 0 });
  window.aggregates.forEach((aggregate, place) => restoreAggregate(aggregate, saved.aggregates[place], restart));
  histories.forEach((history, index) => {
    const values = saved.histories[index];
    if (values !== undefined) KEY_HISTORY_PART.restore(history, values, restart);
  });
  return window;
}
