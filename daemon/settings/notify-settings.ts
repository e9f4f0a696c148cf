import type { Matcher } from "../matchers/matcher.ts";

/** `notify`, `route` and `inhibit` of the settings, with defaults and inherited values. */
export interface NotifySettings {
  /** the root of the tree: it matches all alerts and has the default actions */
  readonly route: RouteSettings;
  readonly inhibit: readonly InhibitSettings[];
  readonly budget: BudgetSettings;
}

/** The alerts that a route accepts, their actions, and their grouping into messages. */
export interface RouteSettings {
  /**
   * identifies the route also after a restart: `{}` is the root, `{}/{severity="critical"}` a route
   * below it
   */
  readonly key: string;
  readonly matchers: readonly Matcher[];
  readonly actions: readonly string[];
  /** names of labels, with `rule` for the rule's name; `...` makes each alert a group */
  readonly groupBy: readonly string[];
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatMs: number;
  /** the routes after it are checked too */
  readonly continue: boolean;
  /** also accepts alerts of rules that name actions, in addition to those actions */
  readonly allRules: boolean;
  readonly routes: readonly RouteSettings[];
}

/**
 * While an alert that matches `source` fires, alerts that match `target` and have the same values
 * of the labels `equal` are suppressed.
 */
export interface InhibitSettings {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

/** The most messages an hour. */
export interface BudgetSettings {
  /** of one rule, to all actions together */
  readonly rule: number;
  /** to one action, of all rules together */
  readonly action: number;
}
