import { matchesAll } from "../../matchers/matcher.ts";
import type { RouteSettings } from "../../settings/notify-settings.ts";
import type { Labels } from "./alert-labels.ts";
import { held, passed, type Stage, type Verdict } from "./stage.ts";
import type { RoutedAlert } from "./subjects.ts";

/** by the subject, which many alerts share: equal verdicts of theirs are one object */
const verdicts = new WeakMap<RoutedAlert, Verdict>();

/** Says which actions and groups an alert goes to. Holds it if no action is left. */
export const routeStage: Stage<"routes"> = {
  name: "route",
  on: "routes",
  judge: (routed) => verdicts.getOrInsertComputed(routed, routeVerdict),
};

function routeVerdict({ actions, groups, notThrough = "" }: RoutedAlert): Verdict {
  if (groups.length === 0) return held(`there is no action but "${notThrough}", which must not carry it`);
  return passed(`to ${actions.join(", ")} in ${groups.join(", ")}`);
}

/** The actions of an alert by one route. */
export interface Target {
  readonly route: RouteSettings;
  readonly actions: readonly string[];
}

/**
 * Returns the targets of an alert with these labels. A rule that names actions sends to them,
 * grouped as the root says, and also by the routes below the root that are for all rules. Every
 * other alert goes down the tree as in Alertmanager: to the deepest routes that match; among
 * siblings to the first one and those after it as long as each says `continue`; to the root if none
 * matches.
 *
 * @param ruleActions the actions that the rule names
 */
export function routesOf(root: RouteSettings, labels: Labels, ruleActions: readonly string[]): readonly Target[] {
  const found =
    ruleActions.length === 0
      ? matching(root, labels)
      : [
          root,
          ...below(
            root.routes.filter(({ allRules }) => allRules),
            labels,
          ),
        ];
  return found.map((route) => ({
    route,
    actions: route === root && ruleActions.length > 0 ? ruleActions : route.actions,
  }));
}

function matching(route: RouteSettings, labels: Labels): readonly RouteSettings[] {
  if (!matchesAll(route.matchers, labels)) return [];
  const deeper = below(route.routes, labels);
  return deeper.length > 0 ? deeper : [route];
}

function below(routes: readonly RouteSettings[], labels: Labels): readonly RouteSettings[] {
  const found: RouteSettings[] = [];
  for (const route of routes) {
    const deeper = matching(route, labels);
    found.push(...deeper);
    if (deeper.length > 0 && !route.continue) break;
  }
  return found;
}

/** Returns all routes of a tree by key. */
export function routesByKey(root: RouteSettings): ReadonlyMap<string, RouteSettings> {
  const all = (route: RouteSettings): readonly RouteSettings[] => [route, ...route.routes.flatMap(all)];
  return new Map(all(root).map((route) => [route.key, route]));
}
