import type { AlertEvent } from "../evaluate/alert.ts";
import type { Level } from "../rules/rule-syntax.ts";
import type { NotifySettings, RouteSettings } from "../settings/notify-settings.ts";
import { alertLabels, fingerprint, type Labels } from "./alert-labels.ts";
import { held, passed, type FilterStage, type StageAlert } from "./decision.ts";
import { DecisionLog, type AlertDecisions } from "./decision-log.ts";
import { flushGroup, type ActionTraits, type Message, type PipelineMoment } from "./flush-group.ts";
import { groupOf, nextDueMs, openGroup } from "./group.ts";
import { Inhibitor } from "./inhibit.ts";
import type { Group, OpenAlert, PipelineState } from "./pipeline-state.ts";
import { routesByKey, routesOf } from "./route.ts";

export interface PipelineOptions {
  readonly state: PipelineState;
  /** what may hold an alert besides inhibition, in this order */
  readonly filters: readonly FilterStage[];
  /** how an action wants its messages; undefined for one that there is not any more */
  readonly traits: (action: string) => ActionTraits | undefined;
  /** an open alert with the values that it has now */
  readonly refresh: (rule: string, event: AlertEvent) => AlertEvent;
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
}

/**
 * From changes of alerts to messages: route, inhibit, silence, mute, group, dedupe and repeat, budget. What must be remembered is in
 * `state`; everything else here is made of it and of the settings.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #state: PipelineState;
  readonly #log = new DecisionLog();
  /** for each alert the groups that its routes put it in, and the actions there */
  readonly #targets = new Map<string, ReadonlyMap<string, readonly string[]>>();
  /** by group the alerts that changed since the last step */
  readonly #changed = new Map<string, Set<string>>();
  #settings: PipelineSettings;
  #inhibitor: Inhibitor;
  #routes: ReadonlyMap<string, RouteSettings>;

  constructor(options: PipelineOptions, settings: PipelineSettings, now: PipelineMoment) {
    this.#options = options;
    this.#state = options.state;
    this.#settings = settings;
    this.#inhibitor = new Inhibitor(settings.notify.inhibit);
    this.#routes = routesByKey(settings.notify.route);
    for (const alert of this.#state.alerts.values()) this.#place(alert, now);
  }

  get state(): PipelineState {
    return this.#state;
  }

  /** Other settings: every alert is routed anew. An action that heard of one hears of its end, whatever the routes say now. */
  use(settings: PipelineSettings, now: PipelineMoment): void {
    this.#settings = settings;
    this.#inhibitor = new Inhibitor(settings.notify.inhibit);
    this.#routes = routesByKey(settings.notify.route);
    for (const alert of this.#state.alerts.values()) this.#place(alert, now);
    for (const group of this.#state.groups.values())
      group.dueMs = Math.min(group.dueMs, now.ms + this.#routeOf(group).groupIntervalMs);
  }

  /** Takes in what changed; messages come with the next step. */
  take({ rule, events, named }: RuleAlerts, now: PipelineMoment): void {
    for (const event of events) {
      const id = alertId(event);
      const known = this.#state.alerts.get(id);
      if (known === undefined && event.status === "resolved") continue;
      const alert = known ?? { id, rule, event, named, heard: new Map(), owed: new Map(), heldBack: new Map() };
      // An alert that fires again after a restart of what judges it is still the same.
      const isSame = known?.event.status === "firing";
      const isWorse = isSame && SEVERITIES.indexOf(event.level) > SEVERITIES.indexOf(known.event.level);
      alert.event = isSame ? { ...event, startsAtUnixMs: known.event.startsAtUnixMs } : event;
      alert.named = named;
      this.#state.alerts.set(id, alert);
      this.#place(alert, now);
      if (isWorse) this.#hurry(alert, now);
    }
  }

  /** What has become worse does not wait for its group's interval. */
  #hurry({ id }: OpenAlert, now: PipelineMoment): void {
    for (const key of this.#targets.get(id)?.keys() ?? []) {
      const group = this.#state.groups.get(key);
      if (group !== undefined) group.dueMs = Math.min(group.dueMs, now.ms);
    }
  }

  /** The messages that are due now. */
  step(now: PipelineMoment): readonly Message[] {
    const messages: Message[] = [];
    for (const group of [...this.#state.groups.values()]) {
      if (group.dueMs <= now.ms) messages.push(...this.#whenDue(group, now));
      else if (this.#changed.has(group.key)) messages.push(...this.#flush(group, now, this.#changed.get(group.key)));
    }
    this.#changed.clear();
    return messages;
  }

  /** Where records of a rule go: through the routes, as alerts of severity info would. */
  actionsForRecords(rule: string, labels: Labels, named: readonly string[]): readonly string[] {
    const seen = { ...this.#settings.labels, ...labels, alertname: rule, rule, severity: "info" };
    return [...new Set(routesOf(this.#settings.notify.route, seen, named).flatMap(({ actions }) => actions))];
  }

  /** What was decided of a rule's alerts: those that are open, and the last ones that are not. */
  decisions(rule: string): readonly AlertDecisions[] {
    const open = [...this.#state.alerts.values()].filter((alert) => alert.rule === rule);
    return [...this.#log.closed(rule), ...open.map((alert) => this.#log.of(alert))];
  }

  /** Puts an alert into the groups of its routes, and tells what depends on its labels. */
  #place(alert: OpenAlert, now: PipelineMoment): void {
    const { id, heard, owed, event } = alert;
    const before = this.#targets.get(id)?.keys() ?? [];
    if (event.status === "resolved") {
      this.#inhibitor.ends(id);
      this.#targets.delete(id);
      if (heard.size + owed.size === 0) {
        this.#log.note(id, "dedupe", held("it ended before anybody was told of it"), now.unixMs);
        return this.#forget(alert);
      }
    } else {
      const asSeen = this.#stageAlert(alert);
      this.#inhibitor.fires(id, asSeen.labels);
      this.#targets.set(id, this.#route(alert, asSeen, now));
    }
    const hearing = [...heard.values()].map(({ group }) => group);
    const groups = new Set([...before, ...(this.#targets.get(id)?.keys() ?? []), ...hearing, ...owed.values()]);
    for (const key of groups) {
      this.#state.groups.get(key)?.members.add(id);
      this.#changed.getOrInsertComputed(key, () => new Set<string>()).add(id);
    }
  }

  #route(alert: OpenAlert, asSeen: StageAlert, now: PipelineMoment): ReadonlyMap<string, readonly string[]> {
    const targets = new Map<string, readonly string[]>();
    for (const { route, actions } of routesOf(this.#settings.notify.route, asSeen.labels, alert.named)) {
      const identity = groupOf(route, asSeen);
      const group = this.#state.groups.getOrInsertComputed(identity.key, () =>
        openGroup(identity, route, now.ms, now.unixMs),
      );
      targets.set(group.key, [...(targets.get(group.key) ?? []), ...actions]);
    }
    const names = [...new Set([...targets.values()].flat())].join(", ");
    this.#log.note(alert.id, "route", passed(`to ${names} in ${[...targets.keys()].join(", ")}`), now.unixMs);
    return targets;
  }

  #whenDue(group: Group, now: PipelineMoment): readonly Message[] {
    for (const id of group.members) if (!this.#state.alerts.has(id)) group.members.delete(id);
    const wasEmpty = group.members.size === 0;
    const messages = this.#flush(group, now);
    group.dueMs = nextDueMs(group.dueMs, this.#routeOf(group).groupIntervalMs, now.ms);
    // It stays for an interval, so that an alert that comes back does not come at once.
    if (wasEmpty && group.members.size === 0) this.#state.groups.delete(group.key);
    return messages;
  }

  /** @param changed where given, only these alerts, and only to actions that do not wait for the group */
  #flush(group: Group, now: PipelineMoment, changed?: ReadonlySet<string>): readonly Message[] {
    const alerts = [...(changed ?? group.members)].flatMap((id) => this.#state.alerts.get(id) ?? []);
    const actions = this.#actionsOf(group, alerts, changed !== undefined);
    if (changed !== undefined) {
      const reason = held(`the group was told of lately: its next message may go ${inSeconds(group.dueMs - now.ms)}`);
      for (const { id } of alerts) this.#log.note(id, "group", reason, now.unixMs);
      if (actions.size === 0) return [];
    } else for (const { id } of alerts) this.#log.note(id, "group", GROUP_DUE, now.unixMs);
    const messages = flushGroup(group, alerts, {
      now,
      route: this.#routeOf(group),
      filters: [{ name: "inhibit", judge: (alert) => this.#inhibitor.judge(alert) }, ...this.#options.filters],
      budget: { state: this.#state.budget, limits: this.#settings.notify.budget },
      log: this.#log,
      actions,
      targets: (alert) => this.#targets.get(alert.id)?.get(group.key) ?? [],
      stageAlert: (alert) => this.#stageAlert(alert),
      refresh: (alert) =>
        alert.event.status === "firing" ? this.#options.refresh(alert.rule, alert.event) : alert.event,
    });
    this.#leave(group, alerts);
    return messages;
  }

  /** The actions that may have to be told of something in the group. */
  #actionsOf(group: Group, alerts: readonly OpenAlert[], onlyImmediate: boolean): ReadonlyMap<string, ActionTraits> {
    const names = new Set<string>();
    for (const { id, heard, owed } of alerts) {
      for (const name of this.#targets.get(id)?.get(group.key) ?? []) names.add(name);
      for (const [name, { group: key }] of heard) if (key === group.key) names.add(name);
      for (const [name, key] of owed) if (key === group.key) names.add(name);
    }
    const actions = new Map<string, ActionTraits>();
    for (const name of names) {
      const traits = this.#options.traits(name);
      if (traits !== undefined && (traits.isImmediate || !onlyImmediate)) actions.set(name, traits);
    }
    return actions;
  }

  /** Takes out of the group what has nothing to do with it any more, and forgets ended alerts that nobody waits for. */
  #leave(group: Group, alerts: readonly OpenAlert[]): void {
    for (const alert of alerts) {
      const { id, heard, owed, event } = alert;
      if (event.status === "resolved") {
        for (const name of [...heard.keys(), ...owed.keys()])
          if (this.#options.traits(name) === undefined) [heard, owed].forEach((each) => each.delete(name));
        if (heard.size + owed.size === 0) this.#forget(alert);
      }
      const isTarget = this.#targets.get(id)?.has(group.key) ?? false;
      const hears = heard.values().some(({ group: key }) => key === group.key);
      if (!isTarget && !hears && !owed.values().some((key) => key === group.key)) group.members.delete(id);
    }
  }

  #forget(alert: OpenAlert): void {
    const { id } = alert;
    this.#log.close(alert);
    this.#state.alerts.delete(id);
    this.#targets.delete(id);
  }

  #routeOf(group: Group): RouteSettings {
    return this.#routes.get(group.routeKey) ?? this.#settings.notify.route;
  }

  #stageAlert({ rule, event }: OpenAlert): StageAlert {
    return { rule, event, labels: { ...alertLabels(event, this.#settings.labels), rule } };
  }
}

const SEVERITIES: readonly Level[] = ["info", "warning", "critical"];

const GROUP_DUE = passed("the group's message may go");

function inSeconds(ms: number): string {
  return `in ${Math.max(1, Math.ceil(ms / 1000))} s`;
}

/** The settings' labels are not in it: they are the same for all alerts, and may change while one is open. */
function alertId({ rule, labels }: AlertEvent): string {
  return fingerprint({ ...labels, alertname: rule });
}
