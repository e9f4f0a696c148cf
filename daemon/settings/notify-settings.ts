import type { Matcher } from "../matchers/matcher.ts";

/** `notify`, `route` and `inhibit` of the settings, with defaults and what routes inherit filled in. */
export interface NotifySettings {
  /** the root of the tree: it matches everything, and its actions are the default ones */
  readonly route: RouteSettings;
  readonly inhibit: readonly InhibitSettings[];
  readonly budget: BudgetSettings;
}

/** Which alerts go where, and how they are gathered into messages. */
export interface RouteSettings {
  /** names the route, the same after a restart: `{}` for the root, `{}/{severity="critical"}` below it */
  readonly key: string;
  readonly matchers: readonly Matcher[];
  readonly actions: readonly string[];
  /** names of labels, of which `rule` is the rule's name; `...` among them makes a group of each alert */
  readonly groupBy: readonly string[];
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatMs: number;
  /** whether the routes after it are looked at, too */
  readonly continue: boolean;
  /** whether it takes alerts of rules that name their actions, beside those actions */
  readonly allRules: boolean;
  readonly routes: readonly RouteSettings[];
}

/** While an alert that matches `source` fires, those that match `target` and have the same labels `equal` are held. */
export interface InhibitSettings {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

/** Messages an hour. */
export interface BudgetSettings {
  /** of one rule, to all actions together */
  readonly rule: number;
  /** to one action, of all rules together */
  readonly action: number;
}
