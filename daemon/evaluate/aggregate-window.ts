import type { Aggregate, AggregateFunction } from "../../bpf/check/checked-program.ts";
import { addAmounts, additiveWindow, type AdditiveWindow, takeAmounts, totalOf } from "./additive-window.ts";
import { addRegisters, distinctWindow, type DistinctWindow, dropRegisters, estimateOf } from "./distinct-window.ts";
import { addBuckets, distributionWindow, type DistributionWindow, takeBuckets } from "./distribution-window.ts";

/** One aggregate of one key over the window. */
export type AggregateWindow = AdditiveWindow | ExtremeWindow | LatestWindow | DistributionWindow | DistinctWindow;

/**
 * The values that are the extreme now, or will be when those before them have left: each better than all that came after it, oldest
 * and best first (a monotonic queue, so that a tick costs constant time on average).
 */
interface ExtremeWindow {
  readonly kind: "extreme";
  readonly aggregate: Aggregate;
  readonly candidates: { readonly sequence: number; readonly value: number }[];
}

/** When the latest value leaves, all before it have left. */
interface LatestWindow {
  readonly kind: "latest";
  latest: { readonly sequence: number; readonly timeNs: number; readonly value: number } | undefined;
}

interface WindowRecord {
  /** numbers of fixed count that a tick has of it; 0 for what comes as a list */
  readonly slots: number;
  readonly make: (aggregate: Aggregate) => AggregateWindow;
  /** whether nothing at all counts as 0, or is no data */
  readonly emptyIsZero: boolean;
}

const extreme: WindowRecord = {
  slots: 2,
  make: (aggregate) => ({ kind: "extreme", aggregate, candidates: [] }),
  emptyIsZero: false,
};
const distribution: WindowRecord = { slots: 0, make: distributionWindow, emptyIsZero: true };

/** How each function is kept over a window; one record each. */
const WINDOWS: Readonly<Record<AggregateFunction, WindowRecord>> = {
  count: { slots: 1, make: (aggregate) => additiveWindow(aggregate, 1), emptyIsZero: true },
  sum: { slots: 1, make: (aggregate) => additiveWindow(aggregate, 1), emptyIsZero: true },
  avg: { slots: 2, make: (aggregate) => additiveWindow(aggregate, 2), emptyIsZero: false },
  min: extreme,
  max: extreme,
  last: { slots: 2, make: () => ({ kind: "latest", latest: undefined }), emptyIsZero: false },
  histogram: distribution,
  linear_histogram: distribution,
  distinct: { slots: 0, make: distinctWindow, emptyIsZero: true },
};

export const slotsOf = (name: AggregateFunction): number => WINDOWS[name].slots;

export function emptyWindow(aggregate: Aggregate): AggregateWindow {
  return WINDOWS[aggregate.function].make(aggregate);
}

/**
 * The value of an aggregate over a window without events. A count of different ones is 0 as any count, so that an alert of a key that has
 * gone quiet ends; of a histogram it is how many values it has.
 */
export function emptyValue({ function: name }: Aggregate): number | undefined {
  return WINDOWS[name].emptyIsZero ? 0 : undefined;
}

/** What one tick counted of one aggregate. */
export interface Counted {
  readonly sequence: number;
  /** its slots are here from `at` on, zeros where nothing was counted */
  readonly slots: Float64Array;
  readonly at: number;
  /** of what has no fixed number of slots */
  readonly list: readonly number[] | undefined;
}

/** Adds what a tick counted. */
export function addTo(window: AggregateWindow, counted: Counted): void {
  const { sequence, slots, at, list } = counted;
  switch (window.kind) {
    case "additive":
      addAmounts(window, slots, at);
      return;
    case "extreme":
      if (slots[at + 1] !== 0) addCandidate(window, sequence, slots[at] ?? 0);
      return;
    case "latest":
      addLatest(window, sequence, slots[at + 1] ?? 0, slots[at] ?? 0);
      return;
    case "distribution":
      addBuckets(window, list ?? []);
      return;
    case "distinct":
      addRegisters(window, sequence, list ?? []);
  }
}

function addCandidate({ aggregate, candidates }: ExtremeWindow, sequence: number, value: number): void {
  const better = aggregate.function === "min" ? (a: number, b: number) => a < b : (a: number, b: number) => a > b;
  let last = candidates.at(-1);
  while (last !== undefined && !better(last.value, value)) {
    candidates.pop();
    last = candidates.at(-1);
  }
  candidates.push({ sequence, value });
}

/** Two keys that read the same have a row each in one tick. */
function addLatest(window: LatestWindow, sequence: number, timeNs: number, value: number): void {
  if (timeNs > (window.latest?.timeNs ?? 0)) window.latest = { sequence, timeNs, value };
}

/** Takes away what `addTo` added for the oldest tick in the window. */
export function removeFrom(window: AggregateWindow, { sequence, slots, at, list }: Counted): void {
  switch (window.kind) {
    case "additive":
      takeAmounts(window, slots, at);
      return;
    case "extreme":
      while (window.candidates[0] !== undefined && window.candidates[0].sequence <= sequence) window.candidates.shift();
      return;
    case "latest":
      if (window.latest !== undefined && window.latest.sequence <= sequence) window.latest = undefined;
      return;
    case "distribution":
      takeBuckets(window, list ?? []);
      return;
    case "distinct":
      dropRegisters(window, sequence);
  }
}

/** The value over the window, as `emptyValue` without events; of a histogram how many values it has. */
export function valueOf(window: AggregateWindow): number | undefined {
  switch (window.kind) {
    case "additive":
      return totalOf(window);
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

/** What quantiles are taken of; undefined for what is no histogram. */
export function distributionOf(window: AggregateWindow): DistributionWindow | undefined {
  return window.kind === "distribution" ? window : undefined;
}

/**
 * Whether nothing was counted within the window as far as the slots tell: the loader gives zeros, not undefined, for idle counts and
 * sums, so that a tick in which a sum came to 0 looks as one without events.
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
