import type { Sample } from "../../sample/sample.ts";
import type { Confidence } from "../alerts/alert.ts";

/** The health counts of one tick. */
interface HealthTick {
  readonly middleMs: number;
  readonly counts: HealthCounts;
}

type HealthCounts = Readonly<Record<Exclude<keyof Confidence, "windowFilled" | "unknownEvents">, number>> &
  /** older ones lack it */
  Pick<Confidence, "unknownEvents">;

/** The health of one rule over its window. */
export interface HealthWindow {
  readonly windowMs: number;
  readonly ticks: HealthTick[];
  /** true if the kernel counts the runs that it skips */
  countsSkipped: boolean;
  /** the counts since they were taken last */
  readonly losses: Map<string, number>;
}

export function createHealthWindow(windowMs: number): HealthWindow {
  return { windowMs, ticks: [], countsSkipped: false, losses: new Map() };
}

/** The parts of a tick's health that are not in its sample. */
interface HealthInput {
  /** true if it took longer than it should, suspend excluded */
  readonly isLate: boolean;
  /** rows of keys for which there was room in the kernel's tick, but not in the window */
  readonly rowsOverLimit: number;
  /** runs that the kernel skipped; absent if it does not count them */
  readonly skippedRuns?: number;
}

/** Adds a tick's health. It leaves about when the tick's counts leave the window. */
export function slideHealth(
  window: HealthWindow,
  { health, atMs, intervalMs }: Sample,
  { isLate, rowsOverLimit, skippedRuns }: HealthInput,
): void {
  const { windowMs, ticks } = window;
  window.countsSkipped = skippedRuns !== undefined;
  while (ticks[0] !== undefined && ticks[0].middleMs <= atMs - windowMs) ticks.shift();
  const counts = {
    lostEvents: health.lost_ring + health.lost_scratch + health.reserved + health.lost_busy + health.missed_returns,
    keysOverLimit: health.lost_keys + rowsOverLimit,
    faultedReads: health.faulted,
    orphanedSpans: health.orphaned,
    skippedRuns: skippedRuns ?? 0,
    lateTicks: isLate ? 1 : 0,
    leftOutRecords: health.left_out,
    lostSpans: health.lost_spans,
    unknownEvents: health.unknown,
  };
  const lost = Object.entries(counts).filter(([, count]) => count > 0);
  if (lost.length > 0) ticks.push({ middleMs: atMs - intervalMs / 2, counts });
  for (const [name, count] of lost) window.losses.set(name, (window.losses.get(name) ?? 0) + count);
}

/** Returns the counts since the last call, by their names in `Confidence`, without those that are 0. */
export function takeLosses({ losses }: HealthWindow): readonly (readonly [name: string, count: number])[] {
  if (losses.size === 0) return [];
  const taken = [...losses];
  losses.clear();
  return taken;
}

export function confidenceOf({ ticks, countsSkipped }: HealthWindow, windowFilled: number): Confidence {
  const total = (name: keyof HealthCounts): number => ticks.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
  const [leftOutRecords, lostSpans] = [total("leftOutRecords"), total("lostSpans")];
  const unknownEvents = total("unknownEvents");
  return {
    lostEvents: total("lostEvents"),
    keysOverLimit: total("keysOverLimit"),
    faultedReads: total("faultedReads"),
    orphanedSpans: total("orphanedSpans"),
    skippedRuns: countsSkipped ? total("skippedRuns") : null,
    lateTicks: total("lateTicks"),
    windowFilled,
    ...(leftOutRecords > 0 && { leftOutRecords }),
    ...(lostSpans > 0 && { lostSpans }),
    ...(unknownEvents > 0 && { unknownEvents }),
  };
}
