import type { Matcher } from "../matchers/matcher.ts";
import { durationText } from "../text/duration-text.ts";
import type { NotifySettings, RouteSettings } from "./notify-settings.ts";

/** A part of Alertmanager's configuration file. */
export interface AlertmanagerConfig {
  readonly route: AlertmanagerRoute;
  readonly inhibit_rules?: readonly AlertmanagerInhibition[];
  /** one for each set of actions that alerts go to together, without a notification */
  readonly receivers: readonly { readonly name: string }[];
}

/** https://prometheus.io/docs/alerting/latest/configuration/#route */
export interface AlertmanagerRoute {
  readonly matchers?: readonly string[];
  readonly receiver?: string;
  readonly group_by?: readonly string[];
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly continue?: true;
  readonly routes?: readonly AlertmanagerRoute[];
}

interface AlertmanagerInhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

/** Receivers have no empty name in Alertmanager. */
const NOBODY = "nobody";

/**
 * Returns the route and the inhibitions of Alertmanager that equal the settings: the same alerts go
 * to the same actions in the same groups. A rule that names actions gets a route before all others.
 *
 * @param ruleActions the actions of rules that name some, by the rule's name
 */
export function alertmanagerConfig(
  { route, inhibit }: NotifySettings,
  ruleActions: ReadonlyMap<string, readonly string[]>,
): AlertmanagerConfig {
  const forAll = route.routes.filter(({ allRules }) => allRules).map(routeOf);
  const ofRules = [...Map.groupBy(ruleActions, ([, actions]) => receiverOf(actions))].map(([receiver, rules]) =>
    rulesRoute(
      rules.map(([rule]) => rule),
      receiver,
      forAll,
    ),
  );
  const root: AlertmanagerRoute = { ...ownOf(route), routes: [...ofRules, ...route.routes.map(routeOf)] };
  const inhibitRules = inhibit.map(({ source, target, equal }) => ({
    source_matchers: source.map(matcherText),
    target_matchers: target.map(matcherText),
    equal: equal.map(labelOf),
  }));
  return {
    route: root,
    ...(inhibitRules.length > 0 && { inhibit_rules: inhibitRules }),
    receivers: receiversIn(root).map((name) => ({ name })),
  };
}

/** Rules that name actions: to these, and also to the routes that are for all rules. */
function rulesRoute(
  rules: readonly string[],
  receiver: string,
  forAll: readonly AlertmanagerRoute[],
): AlertmanagerRoute {
  const name: Matcher =
    rules.length === 1
      ? { name: "alertname", operator: "=", value: rules[0] ?? "" }
      : { name: "alertname", operator: "=~", value: rules.map((rule) => RegExp.escape(rule)).join("|") };
  const routes: readonly AlertmanagerRoute[] = forAll.length === 0 ? [] : [{ receiver, continue: true }, ...forAll];
  return { matchers: [matcherText(name)], receiver, ...(routes.length > 0 && { routes }) };
}

function routeOf(route: RouteSettings): AlertmanagerRoute {
  return {
    matchers: route.matchers.map(matcherText),
    ...ownOf(route),
    ...(route.continue && { continue: true }),
    ...(route.routes.length > 0 && { routes: route.routes.map(routeOf) }),
  };
}

function ownOf({ actions, groupBy, groupWaitMs, groupIntervalMs, repeatMs }: RouteSettings): AlertmanagerRoute {
  return {
    receiver: receiverOf(actions),
    group_by: groupBy.map(labelOf),
    group_wait: durationText(groupWaitMs * 1e6),
    // Alertmanager refuses zero here.
    group_interval: durationText(Math.max(groupIntervalMs, 1) * 1e6),
    repeat_interval: durationText(repeatMs * 1e6),
  };
}

/** `rule` is the rule's name, which receivers know as `alertname`. */
function labelOf(name: string): string {
  return name === "rule" ? "alertname" : name;
}

function receiverOf(actions: readonly string[]): string {
  return actions.length === 0 ? NOBODY : [...new Set(actions)].join("+");
}

function receiversIn({ receiver, routes = [] }: AlertmanagerRoute): readonly string[] {
  return [...new Set([...(receiver === undefined ? [] : [receiver]), ...routes.flatMap(receiversIn)])];
}

function matcherText({ name, operator, value }: Matcher): string {
  return `${labelOf(name)}${operator}${JSON.stringify(value)}`;
}
