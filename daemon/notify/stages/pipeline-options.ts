import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { NotifySettings } from "../../settings/notify-settings.ts";
import type { Labels } from "./alert-labels.ts";
import type { FilterStage } from "./decision.ts";
import type { ActionTraits } from "./flush-context.ts";
import type { StepFault } from "./guard.ts";
import type { PipelineState } from "./pipeline-state.ts";

export interface PipelineOptions {
  readonly state: PipelineState;
  /** what may hold an alert besides inhibition, in this order */
  readonly filters: readonly FilterStage[];
  /** how an action wants its messages; undefined for one that there is not any more */
  readonly traits: (action: string) => ActionTraits | undefined;
  /** an open alert with the values that it has now */
  readonly refresh: (rule: string, event: AlertEvent) => AlertEvent;
  /**
   * the actions that bring a message to somebody where an alert must not go through the one that
   * its routes have
   */
  readonly spareActions?: () => readonly string[];
  /** a step that failed; what it was to decide is decided so that alerts go out */
  readonly onFault?: (fault: StepFault) => void;
}

/** What the settings say of the pipeline. */
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
  readonly named: readonly string[];
  /** the action that must not carry them */
  readonly notThrough?: string;
  /** true if only actions that were notified that the alert fires are notified of its end */
  readonly isForNotifiedOnly?: boolean;
}
