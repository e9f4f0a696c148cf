import type { Matcher } from "../matchers/matcher.ts";
import { parseMatchers } from "../matchers/parse-matchers.ts";
import { durationMs } from "../yaml/quantity.ts";
import { scalarText } from "../yaml/scalar-text.ts";
import { itemsOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import type { BudgetSettings, InhibitSettings, NotifySettings, RouteSettings } from "./notify-settings.ts";

/** The first alert is sent at once. Further alerts within a minute are sent in one message. */
const DEFAULTS = { groupBy: ["rule"], groupWaitMs: 0, groupIntervalMs: 60_000, repeatMs: 4 * 3_600_000 } as const;
const DEFAULT_BUDGET: BudgetSettings = { rule: 60, action: 600 };

/**
 * Reads `notify`, `route` and `inhibit` of the settings. Valid only if neither the schema nor
 * `checkNotify` found an error.
 */
export function readNotify(root: YamlNode | undefined, defaultActions: readonly string[]): NotifySettings {
  const notify = valueOf(root, "notify");
  const route = readRoute(notify, {
    ...DEFAULTS,
    ...{ key: "{}", matchers: [], actions: defaultActions, continue: false, allRules: false, routes: [] },
  });
  return {
    route: { ...route, routes: readRoutes(valueOf(root, "route"), route) },
    inhibit: itemsOf(valueOf(root, "inhibit")).map(readInhibit),
    budget: readBudget(valueOf(notify, "budget")),
  };
}

/** Reads a route. Missing values are inherited. */
function readRoute(node: YamlNode | undefined, inherited: RouteSettings): RouteSettings {
  const groupBy = valueOf(node, "group_by");
  return {
    ...inherited,
    groupBy: groupBy === undefined ? inherited.groupBy : textsOf(groupBy),
    groupWaitMs: durationAt(node, "group_wait", inherited.groupWaitMs),
    groupIntervalMs: durationAt(node, "group_interval", inherited.groupIntervalMs),
    repeatMs: durationAt(node, "repeat", inherited.repeatMs),
  };
}

/**
 * Reads the routes below a route. Of routes with equal matchers, the later ones get a number in
 * their key.
 */
function readRoutes(node: YamlNode | undefined, parent: RouteSettings): readonly RouteSettings[] {
  const seen = new Map<string, number>();
  return itemsOf(node).map((item) => {
    const matchers = readMatchers(valueOf(item, "match"));
    const text = matchers.map(({ name, operator, value }) => `${name}${operator}${JSON.stringify(value)}`).join(",");
    const earlier = seen.get(text) ?? 0;
    seen.set(text, earlier + 1);
    const action = valueOf(item, "action");
    const route: RouteSettings = {
      ...readRoute(item, parent),
      key: `${parent.key}/{${text}}${earlier === 0 ? "" : `#${earlier + 1}`}`,
      matchers,
      actions: action === undefined ? parent.actions : textsOf(action),
      continue: textOf(valueOf(item, "continue")) === "true",
      allRules: textOf(valueOf(item, "all_rules")) === "true",
    };
    return { ...route, routes: readRoutes(valueOf(item, "routes"), { ...route, continue: false, allRules: false }) };
  });
}

function readInhibit(node: YamlNode): InhibitSettings {
  return {
    source: readMatchers(valueOf(node, "source")),
    target: readMatchers(valueOf(node, "target")),
    equal: textsOf(valueOf(node, "equal")),
  };
}

/** Reads matchers, one text or a list of texts; all must match. */
export function readMatchers(node: YamlNode | undefined): readonly Matcher[] {
  return itemsOf(node).flatMap((item) =>
    item.kind === "scalar" ? (parseMatchers(scalarText(item)).result ?? []) : [],
  );
}

function readBudget(node: YamlNode | undefined): BudgetSettings {
  return {
    rule: Number(textOf(valueOf(node, "rule")) ?? DEFAULT_BUDGET.rule),
    action: Number(textOf(valueOf(node, "action")) ?? DEFAULT_BUDGET.action),
  };
}

function textsOf(node: YamlNode | undefined): readonly string[] {
  return itemsOf(node).flatMap((item) => textOf(item) ?? []);
}

function durationAt(node: YamlNode | undefined, key: string, otherwise: number): number {
  const text = textOf(valueOf(node, key));
  return text === undefined ? otherwise : durationMs(text);
}
