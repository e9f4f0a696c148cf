import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { BudgetSettings, RouteSettings } from "../../settings/notify-settings.ts";
import type { AlertsContent } from "../queue/delivery.ts";
import type { BudgetState } from "./budget.ts";
import type { Stage } from "./stage.ts";
import type { PipelineMoment, StageAlert } from "./subjects.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { Guard } from "./guard.ts";
import type { OpenAlert } from "./pipeline-state.ts";
import type { Rest } from "./rest.ts";

/** A message to an action. */
export interface Message {
  readonly action: string;
  readonly content: AlertsContent;
  /** the alerts that are news in it; absent if it is for nobody to read in the history */
  readonly news?: readonly OpenAlert[];
}

/** The form in which an action gets its messages. */
export interface ActionTraits {
  /** true for a log: it gets each change at once and by itself, without repeats and budget */
  readonly isImmediate: boolean;
  /** the most alerts in one message; for more, several messages are made */
  readonly maxAlerts: number;
  /**
   * the most alerts in a message if it has alerts that fire since an earlier message; `maxAlerts`
   * if not given
   */
  readonly maxKnown?: number;
}

/** The context of flushing a group. */
export interface FlushContext {
  readonly now: PipelineMoment;
  readonly route: RouteSettings;
  /** none of them throws */
  readonly filters: readonly Stage<"alert">[];
  /** the stages that judge a message */
  readonly messageStages: readonly Stage<"message">[];
  readonly guard: Guard;
  readonly budget: { readonly state: BudgetState; readonly limits: BudgetSettings };
  readonly log: DecisionLog;
  /** called when the saved state of the alert has changed */
  readonly touch: (alert: OpenAlert) => void;
  /** the same, if a message to the action contains the alert */
  readonly touchNotified: (alert: OpenAlert, action: string) => void;
  /** the actions to notify */
  readonly actions: ReadonlyMap<string, ActionTraits>;
  /** the actions that the group's route has for an alert now */
  readonly targets: (alert: OpenAlert) => readonly string[];
  /** true if an action that was notified of an alert still gets its changes */
  readonly listens: (alert: OpenAlert, action: string) => boolean;
  readonly stageAlert: (alert: OpenAlert) => StageAlert;
  /**
   * true if the group has other alerts that fire, and their actions are notified of all of them or
   * are about to be
   */
  readonly isPartial: boolean;
  /** a message to an action that was notified since then is a part of the one before */
  readonly goesOnFromMs: number;
  /** the alert with current values */
  readonly refresh: (alert: OpenAlert) => AlertEvent;
}

/** By action: the ids of alerts that messages contain. */
export type Sent = ReadonlyMap<string, ReadonlySet<string>>;

/** The rest of the work for a group after its messages were made. */
export interface Flushed {
  /** by action: alerts that there was no room for */
  readonly rests: ReadonlyMap<string, Rest>;
  /** the ids of alerts that something holds */
  readonly held: readonly string[];
  /** true if there is more to send: the budget holds it back, or a step failed */
  readonly isUnfinished: boolean;
}

/**
 * Messages one by one. Undefined is a moment between them at which other work may use the thread.
 */
export type Pieces<Result> = Generator<Message | undefined, Result>;
