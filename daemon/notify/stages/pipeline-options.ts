import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { NotifySettings } from "../../settings/notify-settings.ts";
import type { Labels } from "./alert-labels.ts";
import type { AnyStage } from "./stage.ts";
import type { StageSources } from "./stages.ts";
import type { ActionTraits } from "./flush-context.ts";
import type { StepFault } from "./guard.ts";
import type { PipelineState } from "./pipeline-state.ts";

export interface PipelineOptions extends Pick<StageSources, "silences" | "muteOf"> {
  readonly state: PipelineState;
  /** returns the stages to use instead: a forced drill leaves out silences and mutes */
  readonly changeStages?: (stages: readonly AnyStage[]) => readonly AnyStage[];
  /** the form in which an action gets its messages; undefined if the action no longer exists */
  readonly traits: (action: string) => ActionTraits | undefined;
  /** an open alert with the values that it has now */
  readonly refresh: (rule: string, event: AlertEvent) => AlertEvent;
  /**
   * the actions that reach somebody if an alert must not go through the one that its routes have
   */
  readonly spareActions?: () => readonly string[];
  /** called if a step failed; its decision is then such that alerts go out */
  readonly onFault?: (fault: StepFault) => void;
}

/** The settings of the pipeline. */
export interface PipelineSettings {
  readonly notify: NotifySettings;
  /** on every alert */
  readonly labels: Labels;
}

/** Changes of alerts of one rule. */
export interface RuleAlerts {
  readonly rule: string;
  readonly events: readonly AlertEvent[];
  /** the actions that the rule names */
  readonly ruleActions: readonly string[];
  /** the action that must not carry them */
  readonly notThrough?: string;
  /** true if only actions that were notified that the alert fires are notified of its end */
  readonly isForNotifiedOnly?: boolean;
}
