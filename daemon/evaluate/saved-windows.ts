import type { AggregateWindow } from "./aggregate-window.ts";
import type { HealthWindow } from "./health-window.ts";
import type { KeyHistory } from "./history.ts";
import { type Encoded, decodeValue, encodeValue } from "./json-values.ts";
import { keyOf, type RuleState } from "./rule-state.ts";
import { clockShiftMs, type SavedMoment } from "./saved-moment.ts";
import type { KeyWindow } from "./window.ts";
import type { Step } from "./window-step.ts";

/** What a rule has counted: its window, and what baselines look back on. It may be large. */
export interface SavedWindows {
  readonly at: SavedMoment;
  readonly windows: Encoded;
}

interface Windows {
  readonly keys: readonly SavedKey[];
  /** keys are indexes into `keys` */
  readonly steps: readonly (Omit<Step, "keys"> & { readonly keys: readonly number[] })[];
  readonly nextSequence: number;
  readonly coveredMs: number;
  readonly missingUntilMs: number;
  readonly historyTimesMs: readonly (readonly number[])[];
  readonly health: Pick<HealthWindow, "ticks" | "countsSkipped">;
  readonly missedMs: number;
  readonly tickMs: number;
}

interface SavedKey {
  readonly labels: Readonly<Record<string, string>>;
  readonly rows: number;
  readonly newestStep: number;
  readonly newestRow: number;
  /** by aggregate, without what the rule says of it */
  readonly aggregates: readonly object[];
  readonly histories: readonly KeyHistory[];
}

export function saveWindows(state: RuleState, at: SavedMoment): SavedWindows {
  const keys = [...state.keys.values()];
  const indexes = new Map(keys.map(({ window }, index) => [window, index]));
  const { steps, nextSequence, coveredMs, missingUntilMs } = state.window;
  const windows: Windows = {
    keys: keys.map(({ labels, window, histories }): SavedKey => {
      const { rows, newestStep, newestRow, aggregates } = window;
      return { labels, rows, newestStep, newestRow, histories, aggregates: aggregates.map(withoutRule) };
    }),
    // a key that has rows in the window is not forgotten
    steps: steps.map((step) => ({ ...step, keys: step.keys.map((key) => indexes.get(key) ?? -1) })),
    ...{ nextSequence, coveredMs, missingUntilMs, missedMs: state.missedMs, tickMs: state.tickMs },
    historyTimesMs: state.histories.map(({ timesMs }) => timesMs),
    health: { ticks: state.health.ticks, countsSkipped: state.health.countsSkipped },
  };
  return { at, windows: encodeValue(windows) };
}

function withoutRule({ ...window }: AggregateWindow): object {
  return Object.fromEntries(Object.entries(window).filter(([name]) => name !== "aggregate" && name !== "kind"));
}

/** Puts counts where they were when they were saved, into a state of the same rule of which nothing has been seen. */
export function restoreWindows(state: RuleState, saved: SavedWindows, now: SavedMoment): void {
  // Written by saveWindows, whose encoding keeps the types.
  const windows = decodeValue(saved.windows) as Windows;
  const shiftMs = clockShiftMs(saved.at, now);
  const keys = windows.keys.map((key) => restoreKey(state, key, shiftMs));
  const { nextSequence, coveredMs, missingUntilMs, missedMs, tickMs, health } = windows;
  Object.assign(state.window, { nextSequence, coveredMs, missingUntilMs: missingUntilMs + shiftMs });
  for (const step of windows.steps) {
    state.window.steps.push({
      ...step,
      startMs: step.startMs + shiftMs,
      endMs: step.endMs + shiftMs,
      keys: step.keys.flatMap((index) => keys[index] ?? []),
    });
  }
  windows.historyTimesMs.forEach((times, index) => {
    state.histories[index]?.timesMs.push(...times.map((ms) => ms + shiftMs));
  });
  state.health.ticks.push(...health.ticks.map((tick) => ({ ...tick, middleMs: tick.middleMs + shiftMs })));
  state.health.countsSkipped = health.countsSkipped;
  Object.assign(state, { missedMs, tickMs });
}

function restoreKey(state: RuleState, saved: SavedKey, shiftMs: number): KeyWindow {
  const { window, histories } = keyOf(state, saved.labels);
  const { rows, newestStep, newestRow } = saved;
  Object.assign(window, { rows, newestStep, newestRow });
  window.aggregates.forEach((aggregate, index) => {
    Object.assign(aggregate, saved.aggregates[index]);
    if (aggregate.kind === "latest" && aggregate.latest !== undefined) {
      aggregate.latest = { ...aggregate.latest, timeNs: aggregate.latest.timeNs + shiftMs * 1e6 };
    }
  });
  histories.forEach((history, index) => {
    history.values.push(...(saved.histories[index]?.values ?? []));
    history.eventful = saved.histories[index]?.eventful ?? 0;
  });
  return window;
}
