import { type AggregateFunction, aggregateRecord } from "../../../bpf/check/aggregate-functions.ts";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import {
  addAmounts,
  additiveWindow,
  type AdditiveForm,
  type AdditiveWindow,
  clearAmounts,
  DEVIATION,
  MEAN,
  takeAmounts,
  TOTAL,
} from "./additive-window.ts";
import { addRegisters, distinctWindow, type DistinctWindow, dropRegisters, estimateOf } from "./distinct-window.ts";
import {
  addBuckets,
  type Buckets,
  distributionWindow,
  type DistributionWindow,
  takeBuckets,
} from "./distribution-window.ts";
import { ahead, type Growth, OPEN, RISES, SEEN } from "../formula/growth.ts";

/** One aggregate of one key over the window. */
export type AggregateWindow = AdditiveWindow | ExtremeWindow | LatestWindow | DistributionWindow | DistinctWindow;

/**
 * The values that are the extreme now, or will be when those before them have left. Each is better
 * than all that came after it; the oldest and best is first (a monotonic queue, so that a tick
 * costs constant time on average).
 */
interface ExtremeWindow {
  readonly kind: "extreme";
  readonly aggregate: Aggregate;
  readonly candidates: { readonly sequence: number; readonly value: number }[];
}

/** The latest value. When it leaves, all before it have left. */
interface LatestWindow {
  readonly kind: "latest";
  latest: { readonly sequence: number; readonly timeNs: number; readonly value: number } | undefined;
}

interface WindowRecord {
  /**
   * the number of values that a step keeps of it until the step leaves: if it adds up, its slots
   * and the number of ticks in which they were counted
   */
  readonly kept: number;
  readonly make: (aggregate: Aggregate) => AggregateWindow;
}

/**
 * Returns the record of a function that adds up: it keeps the slots, and the number of ticks in
 * which they were counted.
 */
const additive = (form: AdditiveForm): WindowRecord => ({
  kept: form.slots + 1,
  make: () => additiveWindow(form),
});
const extreme: WindowRecord = {
  kept: 0,
  make: (aggregate) => ({ kind: "extreme", aggregate, candidates: [] }),
};
const distribution: WindowRecord = { kept: 0, make: distributionWindow };

/** The window of each function; one record each. */
const WINDOWS: Readonly<Record<AggregateFunction, WindowRecord>> = {
  count: additive(TOTAL),
  sum: additive(TOTAL),
  avg: additive(MEAN),
  stddev: additive(DEVIATION),
  min: extreme,
  max: extreme,
  last: { kept: 0, make: () => ({ kind: "latest", latest: undefined }) },
  histogram: distribution,
  linear_histogram: distribution,
  distinct: { kept: 0, make: distinctWindow },
};

export const keptOf = (name: AggregateFunction): number => WINDOWS[name].kept;

export function emptyWindow(aggregate: Aggregate): AggregateWindow {
  return WINDOWS[aggregate.function].make(aggregate);
}

/**
 * Returns the value of an aggregate over a window without events. A count of distinct values is 0
 * like any count, so that the alert of a key that has gone quiet ends. For a histogram it is its
 * number of values.
 */
export function emptyValue({ function: name }: Aggregate): number | undefined {
  return aggregateRecord(name).emptyIsZero ? 0 : undefined;
}

/**
 * Returns the effect that more events in the rest of the window can have on the value; for a
 * histogram, on its number of values.
 */
export function aggregateGrowth({ function: name, signed }: Aggregate): Growth {
  const { emptyIsZero, addsValues } = aggregateRecord(name);
  if (!emptyIsZero) return SEEN;
  return addsValues && signed ? OPEN : RISES;
}

/** Returns the effect that more events can have before the tick is over. */
export function aggregateGrowthAhead({ function: name, signed }: Aggregate): Growth {
  const { wakesBy, addsValues, keeps } = aggregateRecord(name);
  if (wakesBy === undefined || (addsValues && signed)) return ahead("open");
  return ahead(keeps === "least" ? "falls" : "rises");
}

/** The place where a step keeps the values to subtract when it leaves. */
export interface Kept {
  readonly sequence: number;
  /** from `at` on; zeros if nothing was counted */
  readonly amounts: Float64Array;
  readonly at: number;
  /** for a histogram: buckets and counts */
  readonly buckets: Buckets | undefined;
}

/**
 * Adds the counts of a tick.
 *
 * @param counted the slots of the aggregate as samples carry them; undefined if nothing was counted
 */
export function addTo(window: AggregateWindow, counted: readonly number[] | undefined, kept: Kept): void {
  switch (window.kind) {
    case "additive":
      addAmounts(window, counted, kept.amounts, kept.at);
      return;
    case "extreme":
      if (counted !== undefined && counted[1] !== 0) addCandidate(window, kept.sequence, counted[0] ?? 0);
      return;
    case "latest":
      addLatest(window, kept.sequence, counted?.[1] ?? 0, counted?.[0] ?? 0);
      return;
    case "distribution":
      addBuckets(window, counted ?? []);
      return;
    case "distinct":
      addRegisters(window, kept.sequence, counted ?? []);
  }
}

function addCandidate({ aggregate, candidates }: ExtremeWindow, sequence: number, value: number): void {
  const better =
    aggregateRecord(aggregate.function).keeps === "least"
      ? (a: number, b: number) => a < b
      : (a: number, b: number) => a > b;
  let last = candidates.at(-1);
  while (last !== undefined && !better(last.value, value)) {
    candidates.pop();
    last = candidates.at(-1);
  }
  candidates.push({ sequence, value });
}

/**
 * Sets the latest value if it is newer: two keys that read the same have a row each in one tick,
 * and a step may have several ticks.
 */
function addLatest(window: LatestWindow, sequence: number, timeNs: number, value: number): void {
  if (timeNs > (window.latest?.timeNs ?? 0)) window.latest = { sequence, timeNs, value };
}

/** Subtracts what `addTo` added for the oldest step in the window. */
export function removeFrom(window: AggregateWindow, { sequence, amounts, at, buckets }: Kept): void {
  switch (window.kind) {
    case "additive":
      takeAmounts(window, amounts, at);
      return;
    case "extreme":
      while (window.candidates[0] !== undefined && window.candidates[0].sequence <= sequence) window.candidates.shift();
      return;
    case "latest":
      if (window.latest !== undefined && window.latest.sequence <= sequence) window.latest = undefined;
      return;
    case "distribution":
      if (buckets !== undefined) takeBuckets(window, buckets);
      return;
    case "distinct":
      dropRegisters(window, sequence);
  }
}

/** Removes the remains of rounding, for a key without steps. */
export function clear(window: AggregateWindow): void {
  if (window.kind === "additive") clearAmounts(window);
}

/**
 * Returns the value over the window, without events that of `emptyValue`; for a histogram its
 * number of values.
 */
export function valueOf(window: AggregateWindow): number | undefined {
  switch (window.kind) {
    case "additive":
      return window.form.valueOf(window);
    case "extreme":
      return window.candidates[0]?.value;
    case "latest":
      return window.latest?.value;
    case "distribution":
      return window.count;
    case "distinct":
      return estimateOf(window);
  }
}

/**
 * Returns a copy of a window that can be judged ahead of its tick, to look at what the tick will
 * see.
 */
export function copyOf(window: AggregateWindow): AggregateWindow {
  if (window.kind === "additive") return { ...window, slots: [...window.slots], cutOff: [...window.cutOff] };
  if (window.kind === "extreme") return { ...window, candidates: [...window.candidates] };
  throw new Error(`a ${window.kind} window is judged at the tick only`);
}

/** Returns the histogram to take quantiles of; undefined for other aggregates. */
export function distributionOf(window: AggregateWindow): DistributionWindow | undefined {
  return window.kind === "distribution" ? window : undefined;
}

/**
 * True if nothing was counted within the window, as far as the slots show it. The loader gives
 * zeros, not undefined, for idle counts and sums, so a tick in which a sum came to 0 looks like one
 * without events.
 */
export function isIdle(window: AggregateWindow): boolean {
  switch (window.kind) {
    case "additive":
      return window.countedTicks === 0;
    case "extreme":
      return window.candidates.length === 0;
    case "latest":
      return window.latest === undefined;
    case "distribution":
      return window.count === 0;
    case "distinct":
      return window.newest.size === 0;
  }
}
