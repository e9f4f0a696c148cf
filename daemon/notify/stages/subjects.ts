import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Labels } from "./alert-labels.ts";

/** The time of a step: by a clock that runs on in suspend, and by the clock that people read. */
export interface PipelineMoment {
  readonly ms: number;
  readonly unixMs: number;
  /** true between two ticks, for alerts that were decided ahead of the tick that is to come */
  readonly isAhead?: boolean;
}

/** An alert as stages look at it. */
export interface StageAlert {
  /** the rule of the alert; for a notice such as `BpfwardenNoData` the rule that it is about */
  readonly rule: string;
  readonly event: AlertEvent;
  /** the labels for matchers: the labels that receivers see, severity among them, and `rule` */
  readonly labels: Labels;
}

/**
 * The change of an alert, as an action would be notified of it:
 * - `ended`: it fired and ended, and the action was never notified that it fires;
 * - `left`: it fires on, but goes to other actions now.
 */
export type Change = "fired" | "level" | "resolved" | "ended" | "left" | "unchanged";

/** The actions and groups that the routes have for an alert. */
export interface RoutedAlert {
  readonly actions: readonly string[];
  /** the keys of the groups */
  readonly groups: readonly string[];
  /** the action that must not carry it */
  readonly notThrough?: string;
}

/** The turn of a group. */
export interface GroupTurn {
  readonly isDue: boolean;
  /** the time from which its next message may go */
  readonly dueMs: number;
}

/** A message that a group would send to an action. */
export interface DueMessage {
  readonly action: string;
  /** true if the action gets each change at once and by itself */
  readonly isImmediate: boolean;
  /** true if it is the rest of a message that went out ahead of the tick */
  readonly isRest: boolean;
  readonly changes: readonly Change[];
  /** the rules of the alerts that changed, or of all alerts for a repeat */
  readonly rules: readonly string[];
  /** the time of the last message to the action */
  readonly notifiedAtMs: number | undefined;
  readonly repeatMs: number;
}

/** The subjects of stages, by their kind. */
export interface Subjects {
  readonly alert: StageAlert;
  readonly routes: RoutedAlert;
  readonly group: GroupTurn;
  readonly message: DueMessage;
}
