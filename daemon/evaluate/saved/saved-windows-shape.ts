import type { AggregateWindow } from "../window/aggregate-window.ts";
import type { HealthWindow } from "../window/health-window.ts";
import type { KeyHistory } from "../formula/history.ts";
import type { Extremes } from "../rule-state.ts";
import { LABELS, PEAK } from "./saved-shapes.ts";
import * as shape from "./shape.ts";
import type { Shape } from "./shape.ts";
import type { Step } from "../window/window-step.ts";

const { anything, array, flag, floats, index, list, number, numbersByNumber, object, optional } = shape;

export interface Windows {
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
  /** numbers that a step keeps of each key; absent in what earlier versions wrote */
  readonly stride?: number;
}

export interface SavedKey {
  readonly labels: Readonly<Record<string, string>>;
  readonly rows: number;
  readonly newestStep: number;
  readonly newestRow: number;
  /** by aggregate, without what the rule says of it */
  readonly aggregates: readonly object[];
  readonly histories: readonly KeyHistory[];
  /** absent where nothing fired, and in what earlier versions wrote */
  readonly extremes?: readonly Extremes[];
}

type SavedStep = Windows["steps"][number];
type HealthTick = HealthWindow["ticks"][number];

const STEP: Shape<SavedStep> = object<SavedStep>({
  ...{ sequence: number, startMs: number, endMs: number, watchedMs: number, amounts: floats },
  keys: list(index),
  buckets: array(optional(list(number))),
});

const HEALTH_TICK: Shape<HealthTick> = object<HealthTick>({
  middleMs: number,
  counts: object<HealthTick["counts"]>({
    ...{ lostEvents: number, keysOverLimit: number, faultedReads: number, orphanedSpans: number },
    ...{
      skippedRuns: number,
      lateTicks: number,
      leftOutRecords: number,
      lostSpans: number,
      unknownEvents: optional(number),
    },
  }),
});

const KEY: Shape<SavedKey> = object<SavedKey>({
  ...{ labels: LABELS, rows: number, newestStep: number, newestRow: number },
  aggregates: list(anything) as Shape<readonly object[]>,
  histories: list(object<KeyHistory>({ values: array(number), eventful: number })),
  extremes: optional(list(object<Extremes>({ lowest: optional(PEAK), highest: optional(PEAK) }))),
});

/** What a rule has counted, as it must be once it was read. */
export const WINDOWS_SHAPE: Shape<Windows> = object<Windows>({
  ...{ keys: list(KEY), steps: list(STEP), nextSequence: number, coveredMs: number, missingUntilMs: number },
  ...{ historyTimesMs: list(list(number)), missedMs: number, tickMs: number, stride: optional(number) },
  health: object<Windows["health"]>({ ticks: array(HEALTH_TICK), countsSkipped: flag }),
});

const COUNTED = { sequence: number, value: number };

/** What is kept of an aggregate, by the kind of its window. */
export const AGGREGATE_SHAPES: Readonly<Record<AggregateWindow["kind"], Shape<never>>> = {
  additive: object({ slots: list(number), cutOff: list(number), countedTicks: number }),
  extreme: object({ candidates: list(object(COUNTED)) }),
  latest: object({ latest: optional(object({ ...COUNTED, timeNs: number })) }),
  distribution: object({ counts: numbersByNumber, count: number, sorted: optional(list(list(number))) }),
  distinct: object({ newest: numbersByNumber, estimate: optional(number) }),
} as unknown as Readonly<Record<AggregateWindow["kind"], Shape<never>>>;
