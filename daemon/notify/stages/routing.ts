import type { Level } from "../../rules/rule-syntax.ts";
import type { NotifySettings, RouteSettings } from "../../settings/notify-settings.ts";
import { alertLabels, type Labels } from "./alert-labels.ts";
import { withoutAction } from "./avoid-action.ts";
import { groupOf, openGroup } from "./group.ts";
import type { Group, OpenAlert } from "./pipeline-state.ts";
import { routesByKey, routesOf, type Target } from "./route.ts";
import type { PipelineMoment, RoutedAlert, StageAlert } from "./subjects.ts";

/** The actions that are notified in each group, by the group's key. */
export type Targets = ReadonlyMap<string, readonly string[]>;

/** The routing of alerts by the settings. */
export class Routing {
  readonly #root: RouteSettings;
  readonly #labels: Labels;
  readonly #byKey: ReadonlyMap<string, RouteSettings>;
  readonly #spareActions: () => readonly string[];
  /** the targets of the previous alert: mostly the next one has the same */
  #last: Targets = new Map();
  /** one for all alerts that have the same targets */
  readonly #routed = new WeakMap<Targets, RoutedAlert>();

  /**
   * @param labels the settings' own, on every alert
   * @param spareActions the actions that reach somebody if an alert must not go through the one
   *   that its routes have
   */
  constructor({ route }: NotifySettings, labels: Labels, spareActions: () => readonly string[] = () => []) {
    this.#spareActions = spareActions;
    this.#root = route;
    this.#labels = labels;
    this.#byKey = routesByKey(route);
  }

  /** Returns the route of a group, or the root if that route no longer exists. */
  routeOf({ routeKey }: Group): RouteSettings {
    return this.#byKey.get(routeKey) ?? this.#root;
  }

  /** Returns the alert as stages see it. */
  asSeen({ rule, event }: Pick<OpenAlert, "rule" | "event">, level: Level = event.level): StageAlert {
    const atLevel = level === event.level ? event : { ...event, level };
    return { rule, event: atLevel, labels: { ...alertLabels(atLevel, this.#labels), rule } };
  }

  /**
   * Returns the groups that an alert is in. Opens groups that do not exist yet.
   *
   * @param asSeen the alert at the level that counts
   */
  targetsOf(alert: OpenAlert, asSeen: StageAlert, groups: Map<string, Group>, now: PipelineMoment): Targets {
    const targets = new Map<string, readonly string[]>();
    for (const { route, actions } of this.#targetsOf(alert, asSeen.labels)) {
      const identity = groupOf(route, asSeen);
      const { key } = groups.getOrInsertComputed(identity.key, () => openGroup(identity, route, now.ms, now.unixMs));
      const before = targets.get(key);
      targets.set(key, before === undefined ? actions : [...before, ...actions]);
    }
    if (!areSame(targets, this.#last)) this.#last = targets;
    return this.#last;
  }

  /**
   * Opens the groups in which actions were notified of an alert and that could not be read: the
   * actions get the rest there. Their last notification counts as now, so that nothing is repeated
   * at once. Another alert may have opened the group already.
   */
  reopenGroups(alert: OpenAlert, groups: Map<string, Group>, now: PipelineMoment): void {
    const lost = [...alert.notified].filter(
      ([action, { group }]) => groups.get(group)?.notifiedAtMs.has(action) !== true,
    );
    if (lost.length === 0) return;
    this.targetsOf(alert, this.asSeen(alert), groups, now);
    for (const [action, { group: key }] of lost) {
      // The alert's routes may be others since: then nothing says what the labels of its group
      // were.
      const group = groups.getOrInsertComputed(key, () =>
        openGroup({ key, labels: {} }, this.#root, now.ms, now.unixMs),
      );
      group.notifiedAtMs.set(action, now.ms);
    }
  }

  /** Returns what alerts with these targets go to. */
  routed(targets: Targets, notThrough: string | undefined): RoutedAlert {
    return this.#routed.getOrInsertComputed(targets, () => ({
      actions: [...new Set([...targets.values()].flat())],
      groups: [...targets.keys()],
      ...(notThrough !== undefined && { notThrough }),
    }));
  }

  /**
   * Returns the targets of an alert whose routes could not be found: the actions of its rule, or
   * else those of the root.
   */
  plainTargetsOf(alert: OpenAlert, groups: Map<string, Group>, now: PipelineMoment): Targets {
    const identity = groupOf(this.#root, plainlySeen(alert));
    groups.getOrInsertComputed(identity.key, () => openGroup(identity, this.#root, now.ms, now.unixMs));
    const actions = alert.ruleActions.length > 0 ? alert.ruleActions : this.#root.actions;
    return new Map([[identity.key, actions.filter((action) => action !== alert.notThrough)]]);
  }

  /**
   * Returns true if an action that was notified of the alert still gets its changes: its routes
   * send it there at its level now, or at the level of its last notification.
   */
  listens(alert: OpenAlert, action: string): boolean {
    if (alert.routed.includes(action)) return true;
    const routedLevel = alert.notified.get(action)?.routedLevel;
    if (routedLevel === undefined || routedLevel === alert.event.level) return false;
    const targets = this.#targetsOf(alert, this.asSeen(alert, routedLevel).labels);
    return targets.some(({ actions }) => actions.includes(action));
  }

  #targetsOf({ ruleActions, notThrough }: OpenAlert, labels: Labels): readonly Target[] {
    const targets = routesOf(this.#root, labels, ruleActions);
    return notThrough === undefined ? targets : withoutAction(targets, notThrough, this.#spareActions());
  }

  /** Returns the actions for records of a rule: those for its alerts of severity info. */
  actionsForRecords(rule: string, labels: Labels, ruleActions: readonly string[]): readonly string[] {
    const seen = { ...this.#labels, ...labels, alertname: rule, rule, severity: "info" };
    return [...new Set(routesOf(this.#root, seen, ruleActions).flatMap(({ actions }) => actions))];
  }
}

/** Returns an alert whose labels could not be computed. */
export function plainlySeen({ rule, event }: OpenAlert): StageAlert {
  return { rule, event, labels: { alertname: event.rule, rule, severity: event.level } };
}

function areSame(one: Targets, other: Targets): boolean {
  if (one.size !== other.size || one.size === 0) return false;
  for (const [key, actions] of one) {
    const others = other.get(key);
    if (others?.length !== actions.length || !actions.every((action, index) => action === others[index])) return false;
  }
  return true;
}
