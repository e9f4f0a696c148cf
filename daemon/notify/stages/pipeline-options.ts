import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { NotifySettings } from "../../settings/notify-settings.ts";
import type { Labels } from "./alert-labels.ts";
import type { AnyStage, Decision } from "./stage.ts";
import type { StageSources } from "./stages.ts";
import type { ActionTraits } from "./flush-context.ts";
import type { StepFault } from "./guard.ts";
import type { OpenAlert, PipelineState } from "./pipeline-state.ts";

/** A change of an alert: it fires, has another level or the same one under a new process, or ends. */
export type AlertChange = "fired" | "level" | "same" | "ended";

/** Is called with what happens to alerts. Must be quick and not throw. */
export interface PipelineWatch {
  changed(alert: OpenAlert, change: AlertChange): void;
  /** a stage holds an alert that it did not hold before, or for another reason */
  held(alert: OpenAlert, decision: Decision): void;
}

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
  readonly watch?: PipelineWatch;
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
