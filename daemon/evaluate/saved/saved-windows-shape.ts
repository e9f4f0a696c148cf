import type { KeyState, Extremes, RuleState } from "../rule-state.ts";
import type { History, KeyHistory } from "../formula/history.ts";
import type { HealthWindow } from "../window/health-window.ts";
import type { KeyWindow } from "../window/key-window.ts";
import type { Window } from "../window/window.ts";
import type { Step } from "../window/window-step.ts";
import { type PartOf, partOf } from "./fates.ts";
import { HEALTH, HISTORY, KEY_HISTORY, KEY_WINDOW, RULE, STEP, WINDOW } from "./kept-state.ts";
import { LABELS, PEAK } from "./saved-shapes.ts";
import { anything, array, floats, index, list, number, object, optional, type Shape } from "./shape.ts";

export const RULE_PART = partOf<RuleState>()(RULE, "counts");
export const WINDOW_PART = partOf<Window>()(WINDOW, "counts");
export const STEP_PART = partOf<Step>()(STEP, "counts");
export const KEY_WINDOW_PART = partOf<KeyWindow>()(KEY_WINDOW, "counts");
export const HISTORY_PART = partOf<History>()(HISTORY, "counts");
export const KEY_HISTORY_PART = partOf<KeyHistory>()(KEY_HISTORY, "counts");
export const HEALTH_PART = partOf<HealthWindow>()(HEALTH, "counts");

/** The document of a rule's counts, or of one part of its keys. */
export type Windows = PartOf<RuleState, typeof RULE, "counts"> &
  PartOf<Window, typeof WINDOW, "counts"> & {
    readonly keys: readonly SavedKey[];
    readonly steps: readonly SavedStep[];
    readonly historyTimesMs: readonly History["timesMs"][];
    readonly health: PartOf<HealthWindow, typeof HEALTH, "counts">;
    /**
     * the number of values that a step keeps for each key; absent if an earlier version wrote the
     * document
     */
    readonly stride?: number;
  };

/** The rows of a part's keys in one step; keys are indexes into the document's. */
export type SavedStep = PartOf<Step, typeof STEP, "counts"> &
  Pick<Step, "amounts" | "buckets"> & { readonly keys: readonly number[] };

export type SavedKey = Pick<KeyState, "labels"> &
  PartOf<KeyWindow, typeof KEY_WINDOW, "counts"> & {
    /** by aggregate, without the parts that follow from the rule */
    readonly aggregates: readonly object[];
    readonly histories: readonly KeyHistory[];
    /** absent if nothing fired, or if an earlier version wrote the document */
    readonly extremes?: readonly Extremes[];
  };

/** A document of counts, as it must be once it was read. */
export const WINDOWS_SHAPE: Shape<Windows> = object<Windows>({
  ...RULE_PART.shapes,
  ...WINDOW_PART.shapes,
  keys: list(
    object<SavedKey>({
      ...KEY_WINDOW_PART.shapes,
      labels: LABELS,
      aggregates: list(anything) as Shape<readonly object[]>,
      histories: list(object<KeyHistory>(KEY_HISTORY_PART.shapes)),
      extremes: optional(list(object<Extremes>({ lowest: optional(PEAK), highest: optional(PEAK) }))),
    }),
  ),
  steps: list(
    object<SavedStep>({
      ...STEP_PART.shapes,
      keys: list(index),
      amounts: floats,
      buckets: array(optional(list(number))),
    }),
  ),
  historyTimesMs: list(HISTORY_PART.shapes.timesMs),
  health: object<Windows["health"]>(HEALTH_PART.shapes),
  stride: optional(number),
});
