import type { MuteWindow } from "../../settings/mute-window.ts";
import { type Budget, budgetStage } from "./budget.ts";
import { dedupeStage } from "./dedupe.ts";
import { groupStage } from "./group.ts";
import { inhibitStage, type Inhibitor } from "./inhibit.ts";
import { muteStage } from "./mute.ts";
import { routeStage } from "./route.ts";
import { type Silence, silenceStage } from "./silences.ts";
import type { AnyStage } from "./stage.ts";

/** The knowledge of the stages. */
export interface StageSources {
  readonly inhibitor: () => Inhibitor;
  readonly silences: () => readonly Silence[];
  readonly muteOf: (rule: string) => readonly MuteWindow[];
  readonly budget: Budget;
}

/** Returns the notification pipeline: the stages in the order in which an alert goes through them. */
export const pipelineStages = ({ inhibitor, silences, muteOf, budget }: StageSources): readonly AnyStage[] => [
  routeStage,
  inhibitStage(inhibitor),
  silenceStage(silences),
  muteStage(muteOf),
  groupStage,
  dedupeStage,
  budgetStage(budget),
];
