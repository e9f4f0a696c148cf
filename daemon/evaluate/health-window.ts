import type { Sample } from "../sample/sample.ts";
import type { Confidence } from "./alert.ts";

/** What a tick says about how far its counts can be trusted. */
interface HealthTick {
  readonly middleMs: number;
  readonly counts: HealthCounts;
}

type HealthCounts = Omit<Confidence, "windowFilled" | "skippedRuns"> & { readonly skippedRuns: number };

/** The health of one rule over its window. */
export interface HealthWindow {
  readonly windowMs: number;
  readonly ticks: HealthTick[];
  /** whether the kernel counts the runs that it skips */
  countsSkipped: boolean;
}

export function createHealthWindow(windowMs: number): HealthWindow {
  return { windowMs, ticks: [], countsSkipped: false };
}

/** What is known of a tick's health beside its sample. */
interface HealthInput {
  /** how long it should have taken */
  readonly tickMs: number;
  /** of keys for which there was room in the kernel's tick, but not in the window */
  readonly rowsOverLimit: number;
  /** runs that the kernel skipped; absent where it does not count them */
  readonly skippedRuns?: number;
}

/** Takes in a tick's health; it leaves as `slide` lets ticks leave the window. A tick is late when it took half as long again as it should. */
export function slideHealth(
  window: HealthWindow,
  { health, atMs, intervalMs }: Sample,
  { tickMs, rowsOverLimit, skippedRuns }: HealthInput,
): void {
  const { windowMs, ticks } = window;
  window.countsSkipped = skippedRuns !== undefined;
  while (ticks[0] !== undefined && ticks[0].middleMs <= atMs - windowMs) ticks.shift();
  const counts = {
    lostEvents: health.lost_ring + health.lost_scratch + health.reserved,
    keysOverLimit: health.lost_keys + rowsOverLimit,
    faultedReads: health.faulted,
    orphanedSpans: health.orphaned,
    skippedRuns: skippedRuns ?? 0,
    lateTicks: intervalMs > 1.5 * tickMs ? 1 : 0,
  };
  if (Object.values(counts).some((count) => count > 0)) ticks.push({ middleMs: atMs - intervalMs / 2, counts });
}

export function confidenceOf({ ticks, countsSkipped }: HealthWindow, windowFilled: number): Confidence {
  const total = (name: keyof HealthCounts): number => ticks.reduce((sum, { counts }) => sum + counts[name], 0);
  return {
    lostEvents: total("lostEvents"),
    keysOverLimit: total("keysOverLimit"),
    faultedReads: total("faultedReads"),
    orphanedSpans: total("orphanedSpans"),
    skippedRuns: countsSkipped ? total("skippedRuns") : null,
    lateTicks: total("lateTicks"),
    windowFilled,
  };
}

const TOLERATED_LOSS = 0.01;

/**
 * Why a tick's counts cannot be trusted, where more than 1 % of its events were lost to them. A full ring loses records, not counts, so
 * it matters to rules that only record. Events that were not counted under their key only keep alerts
 * from ending (`whyUnsettled`): a churn of keys must not silence the rule.
 */
export function lossReason({ health }: Sample, onlyRecords: boolean): string | undefined {
  const lost = health.lost_scratch + health.reserved + (onlyRecords ? health.lost_ring : 0);
  const seen = Math.max(health.matched, lost);
  if (lost <= TOLERATED_LOSS * seen) return undefined;
  return `${lost} of ${seen} events were lost in one tick`;
}
