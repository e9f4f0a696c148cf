import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import type { Labels } from "./alert-labels.ts";
import type { BudgetState } from "./budget.ts";

/**
 * The memory of the pipeline; `savePipeline` makes JSON of it. Times are those of a clock that runs
 * on in suspend.
 */
export interface PipelineState {
  /** by the fingerprint of the labels that identify them */
  readonly alerts: Map<string, OpenAlert>;
  /** by key */
  readonly groups: Map<string, Group>;
  readonly budget: BudgetState;
  /**
   * the settings' labels that alerts are sent with; absent if an earlier release saved the state
   */
  settingsLabels?: Labels;
}

/**
 * An alert that fires, or whose end must still be sent to somebody. Its maps and sets are replaced,
 * never changed in place: alerts share them.
 */
export interface OpenAlert {
  readonly id: string;
  readonly rule: string;
  /** the last change */
  event: AlertEvent;
  /** the highest level since it fired */
  peak: Level;
  /** earlier times that it fired and ended without a notification */
  earlier?: Earlier;
  /** the actions that the rule names; without any, routes decide */
  ruleActions: readonly string[];
  /** the action that must not carry it, because it says that this action fails */
  notThrough?: string;
  /** the actions that it was routed to last */
  routed: readonly string[];
  /** the actions that were notified that it fires, with their last notification */
  notified: ReadonlyMap<string, LastNotification>;
  /**
   * once it has ended: the actions that were never notified that it fires, with the group in which
   * they get both the start and the end
   */
  toNotify: ReadonlyMap<string, string>;
  /** the actions that were notified that it ended */
  endNotified: ReadonlySet<string>;
  /** the change that the budget holds back from an action, so that it is counted once */
  suppressed: ReadonlyMap<string, string>;
}

/** Times that an alert fired. */
export interface Earlier {
  readonly times: number;
  /** the start of the first of them */
  readonly sinceUnixMs: number;
}

/** An action is notified of an alert in one group, from its start to its end. */
export interface LastNotification {
  readonly group: string;
  readonly level: Level;
  /** the last level at which routes sent the alert to the action */
  readonly routedLevel: Level;
}

/** Alerts that go out together. */
export interface Group {
  readonly key: string;
  readonly routeKey: string;
  /** the labels that receivers see */
  readonly labels: Labels;
  /** ids of alerts */
  readonly members: Set<string>;
  /** the time from which its next message may go */
  dueMs: number;
  /** the time of its first alert */
  readonly openedAtUnixMs: number;
  /** the time of the last message, by action */
  readonly notifiedAtMs: Map<string, number>;
}

export function emptyPipelineState(): PipelineState {
  return {
    alerts: new Map(),
    groups: new Map(),
    budget: { rules: new Map(), actions: new Map(), suppressed: new Map() },
  };
}
