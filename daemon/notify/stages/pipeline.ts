import { isDeepStrictEqual } from "node:util";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import { alertId, type Labels } from "./alert-labels.ts";
import { countSuppressed } from "./budget.ts";
import { DecisionLog, type AlertDecisions } from "./decision-log.ts";
import type { Outlook } from "./firing-alerts.ts";
import type { Message, Pieces } from "./flush-context.ts";
import { relabel } from "./former-alert.ts";
import { GroupMessages } from "./group-messages.ts";
import { type Guard, guardBy, guarded, guardedPieces, judged, noResult } from "./guard.ts";
import { Inhibitor } from "./inhibit.ts";
import { PipelineChanges } from "./pipeline-changes.ts";
import type { PipelineOptions, PipelineSettings, RuleAlerts } from "./pipeline-options.ts";
import type { Group, OpenAlert, PipelineState } from "./pipeline-state.ts";
import { plainlySeen, Routing, type Targets } from "./routing.ts";
import { severityOf, worse } from "./severity.ts";
import { emptyMap, emptySet, withEntry, withoutKey } from "./small-map.ts";
import { type AnyStage, held, stagesOn } from "./stage.ts";
import { pipelineStages } from "./stages.ts";
import type { PipelineMoment, StageAlert } from "./subjects.ts";
import { WaitingEnds } from "./waiting-ends.ts";

/**
 * Turns changes of alerts into messages, by the stages of `pipelineStages`. Everything that must be
 * remembered is in `state`; the rest is derived from it and from
 * the settings.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #guard: Guard;
  readonly #state: PipelineState;
  readonly #stages: readonly AnyStage[];
  readonly #log: DecisionLog;
  /** for each alert that fires: the groups that its routes put it in, and the actions there */
  readonly #targets = new Map<string, Targets>();
  /** by group: the alerts that changed since it was last looked at */
  readonly #changed = new Map<string, Set<string>>();
  /** the groups whose messages a step is still making */
  readonly #underWay = new Set<string>();
  readonly #messages: GroupMessages;
  /** by rule: the ids of its alerts */
  readonly #ofRule = new Map<string, Set<string>>();
  readonly #ends = new WaitingEnds();
  readonly changes = new PipelineChanges();
  #settings: PipelineSettings;
  #inhibitor: Inhibitor;
  #routing: Routing;

  constructor(options: PipelineOptions, settings: PipelineSettings, now: PipelineMoment) {
    this.#options = options;
    this.#guard = guardBy(options.onFault ?? (() => undefined));
    this.#state = options.state;
    this.#settings = settings;
    this.#inhibitor = new Inhibitor(settings.notify.inhibit);
    this.#routing = new Routing(settings.notify, settings.labels, this.#options.spareActions);
    this.#stages = this.#openStages();
    this.#log = new DecisionLog(this.#stages, (id, decision) => {
      const alert = this.#state.alerts.get(id);
      if (alert !== undefined) options.watch?.held(alert, decision);
    });
    this.#messages = new GroupMessages({
      ...{ stages: this.#stages, state: this.#state, log: this.#log, changes: this.changes, targets: this.#targets },
      ...{ traits: options.traits, guard: this.#guard },
      settings: () => ({ routing: this.#routing, outlook: this.outlook, limits: this.#settings.notify.budget }),
      forget: (alert) => this.#forget(alert),
    });
    this.#rerouteAll(now);
  }

  #openStages(): readonly AnyStage[] {
    const { silences, muteOf, changeStages = (stages) => stages } = this.#options;
    const budget = { state: this.#state.budget, limits: () => this.#settings.notify.budget };
    return changeStages(pipelineStages({ inhibitor: () => this.#inhibitor, silences, muteOf, budget }));
  }

  get state(): PipelineState {
    return this.#state;
  }

  /**
   * Replaces the settings: every alert is routed anew. An action that no longer gets an alert is
   * notified of its end.
   */
  use(settings: PipelineSettings, now: PipelineMoment): void {
    this.changes.touch();
    this.#settings = settings;
    this.#inhibitor = new Inhibitor(settings.notify.inhibit);
    this.#routing = new Routing(settings.notify, settings.labels, this.#options.spareActions);
    this.#rerouteAll(now);
    for (const group of this.#state.groups.values())
      group.dueMs = Math.min(group.dueMs, now.ms + this.#routing.routeOf(group).groupIntervalMs);
  }

  #rerouteAll(now: PipelineMoment): void {
    for (const gone of relabel(this.#state, this.#settings.labels, now.unixMs)) this.#forget(gone);
    for (const alert of this.#state.alerts.values()) {
      this.#ofRule.getOrInsertComputed(alert.rule, () => new Set()).add(alert.id);
      const { groups } = this.#state;
      this.#guard(alert.rule, "route", () => this.#routing.reopenGroups(alert, groups, now), noResult);
      this.#guard(alert.rule, "route", () => this.#reroute(alert, now), noResult);
    }
  }

  /**
   * Sends the firing alerts of a rule to the actions that it names now.
   *
   * @param isOfRule returns true if an event is the rule's own, and not one of others about it
   */
  name(
    { rule, ruleActions }: Pick<RuleAlerts, "rule" | "ruleActions">,
    isOfRule: (event: AlertEvent) => boolean,
    now: PipelineMoment,
  ): void {
    for (const id of this.#ofRule.get(rule) ?? []) {
      const alert = this.#state.alerts.get(id);
      if (alert === undefined || isDeepStrictEqual(alert.ruleActions, ruleActions) || !isOfRule(alert.event)) continue;
      this.changes.touch();
      alert.ruleActions = ruleActions;
      this.#guard(alert.rule, "route", () => this.#reroute(alert, now), noResult);
    }
  }

  /** Takes changes; messages come with the next step. */
  take({ events, ...alerts }: RuleAlerts, now: PipelineMoment): void {
    for (const event of events) this.#guard(alerts.rule, "take", () => this.#take(event, alerts, now), noResult);
  }

  #take(
    event: AlertEvent,
    { rule, ruleActions, notThrough, isForNotifiedOnly = false }: Omit<RuleAlerts, "events">,
    now: PipelineMoment,
  ): void {
    const way = { ruleActions, ...(notThrough !== undefined && { notThrough }) };
    const id = alertId(event);
    const known = this.#state.alerts.get(id);
    // An end is sent once, of what fired.
    if (event.status === "resolved" && known?.event.status !== "firing") return;
    this.changes.touch();
    if (known === undefined) this.#open({ id, rule, event, ...way }, now);
    else if (event.status === "resolved") this.#end(known, event, isForNotifiedOnly, now);
    else if (known.event.status === "resolved") this.#openAgain(Object.assign(known, way), event, now);
    else this.#change(Object.assign(known, way), event, now);
  }

  #open(begun: Pick<OpenAlert, "id" | "rule" | "event" | "ruleActions" | "notThrough">, now: PipelineMoment): void {
    const alert: OpenAlert = {
      ...{ ...begun, peak: begun.event.level, routed: [] },
      ...{ notified: emptyMap(), toNotify: emptyMap(), endNotified: emptySet(), suppressed: emptyMap() },
    };
    this.#state.alerts.set(alert.id, alert);
    this.#ofRule.getOrInsertComputed(alert.rule, () => new Set()).add(alert.id);
    this.#options.watch?.changed(alert, "fired");
    this.#place(alert, now);
  }

  /** Opens an alert that fires again before everybody was notified that it ended. */
  #openAgain(alert: OpenAlert, event: AlertEvent, now: PipelineMoment): void {
    if (alert.toNotify.size > 0) {
      const { times, sinceUnixMs } = alert.earlier ?? { times: 0, sinceUnixMs: alert.event.startsAtUnixMs };
      alert.earlier = { times: times + 1, sinceUnixMs };
    }
    alert.toNotify = emptyMap();
    alert.endNotified = emptySet();
    this.#ends.remove(alert);
    alert.event = event;
    alert.peak = event.level;
    this.#options.watch?.changed(alert, "fired");
    this.#place(alert, now);
  }

  /**
   * Changes an alert that fires. It is the same alert even if its rule began anew. If it has become
   * worse, it does not wait for its groups' intervals: receivers that know it get its changes in
   * the group where they were notified of it.
   */
  #change(alert: OpenAlert, event: AlertEvent, now: PipelineMoment): void {
    const isWorse = severityOf(event.level) > severityOf(alert.event.level);
    const change = event.level === alert.event.level ? "same" : "level";
    alert.event = { ...event, startsAtUnixMs: alert.event.startsAtUnixMs };
    alert.peak = worse(alert.peak, event.level);
    this.#options.watch?.changed(alert, change);
    this.#place(alert, now);
    if (!isWorse) return;
    this.#hurry(this.#targets.get(alert.id)?.keys() ?? [], now.ms);
    this.#hurry(
      [...alert.notified.values()].map(({ group }) => group),
      now.ms,
    );
  }

  #hurry(groups: Iterable<string>, dueMs: number): void {
    for (const key of groups) {
      const group = this.#state.groups.get(key);
      if (group !== undefined) group.dueMs = Math.min(group.dueMs, dueMs);
    }
  }

  /**
   * Ends an alert. Actions that it was routed to, at its worst or at last, and that were not
   * notified that it fires, are notified of both.
   */
  #end(alert: OpenAlert, event: AlertEvent, isForNotifiedOnly: boolean, now: PipelineMoment): void {
    if (!isForNotifiedOnly) this.#addToNotify(alert, now);
    const { id, notified, toNotify } = alert;
    alert.event = { ...event, startsAtUnixMs: alert.event.startsAtUnixMs };
    this.#options.watch?.changed(alert, "ended");
    this.#inhibitor.ends(id);
    const groups = this.#targets.get(id)?.keys() ?? [];
    this.#targets.delete(id);
    if (notified.size + toNotify.size === 0) {
      this.#log.note(id, "dedupe", held("it ended before anybody was notified of it"), now.unixMs);
      return this.#forget(alert);
    }
    this.#markChanged(alert, groups);
    if (toNotify.size > 0) for (const late of this.#ends.add(alert)) this.#giveUp(late);
  }

  #addToNotify(alert: OpenAlert, now: PipelineMoment): void {
    const { notified, peak, event } = alert;
    for (const level of peak === event.level ? [peak] : [peak, event.level])
      for (const [key, actions] of this.#targetsOf(alert, this.#asSeen(alert, level), now))
        for (const action of actions)
          if (!notified.has(action) && !alert.toNotify.has(action))
            alert.toNotify = withEntry(alert.toNotify, action, key);
  }

  /**
   * Gives up an end, because more ended than are kept while nobody could be notified: only the
   * number of these is sent.
   */
  #giveUp(alert: OpenAlert): void {
    for (const action of alert.toNotify.keys())
      if (!alert.suppressed.has(action)) countSuppressed(this.#state.budget, action, alert.rule, 1);
    alert.toNotify = emptyMap();
    this.changes.touch(alert.id);
    if (alert.notified.size === 0) this.#forget(alert);
  }

  /** The pipeline's view of its alerts. No part of it throws. */
  get outlook(): Outlook {
    return {
      filters: stagesOn(this.#stages, "alert").map((stage) => guarded(stage, this.#guard)),
      asSeen: (alert) => this.#asSeen(alert),
      refresh: (rule, event) => {
        const refresh = (): AlertEvent => this.#options.refresh(rule, event);
        return this.#guard(rule, "values", refresh, () => event);
      },
    };
  }

  #asSeen(alert: OpenAlert, level: Level = alert.event.level): StageAlert {
    const look = (): StageAlert => this.#routing.asSeen(alert, level);
    return this.#guard(alert.rule, "labels", look, () => plainlySeen(alert));
  }

  #targetsOf(alert: OpenAlert, asSeen: StageAlert, now: PipelineMoment): Targets {
    const { groups } = this.#state;
    const find = (): Targets => this.#routing.targetsOf(alert, asSeen, groups, now);
    return this.#guard(alert.rule, "route", find, () => this.#routing.plainTargetsOf(alert, groups, now));
  }

  /** Returns the messages that are due now. */
  step(now: PipelineMoment): readonly Message[] {
    return [...this.stepInPieces(now)].filter((message) => message !== undefined);
  }

  /**
   * Does the same, with moments in between at which other work may use the thread: a group may have
   * a hundred thousand alerts. Meanwhile alerts may be taken, and another step may begin. The small
   * groups go first, and a group whose messages a step is still making is left to that step: no
   * group waits for the alerts of others.
   */
  *stepInPieces(now: PipelineMoment): Pieces<void> {
    const { groups } = this.#state;
    for (const key of this.#changed.keys()) if (!groups.has(key)) this.#changed.delete(key);
    for (const group of [...groups.values()].toSorted((a, b) => a.members.size - b.members.size)) {
      yield;
      if (this.#underWay.has(group.key) || groups.get(group.key) !== group) continue;
      yield* this.#messagesOf(group, now);
    }
  }

  *#messagesOf(group: Group, now: PipelineMoment): Pieces<void> {
    const changed = this.#changed.get(group.key);
    this.#changed.delete(group.key);
    this.#underWay.add(group.key);
    try {
      const pieces = this.#messages.of(group, changed, now);
      yield* guardedPieces(this.#guard, { rule: group.key, step: "group" }, pieces, undefined);
    } finally {
      this.#underWay.delete(group.key);
    }
  }

  /** Returns the actions for records of a rule. */
  actionsForRecords(rule: string, labels: Labels, ruleActions: readonly string[]): readonly string[] {
    return this.#routing.actionsForRecords(rule, labels, ruleActions);
  }

  /**
   * Returns the decisions on a rule's alerts: the open ones, and the last of the closed ones. The
   * stages judge an alert that fires again: a silence may have been made since its group was looked
   * at.
   */
  decisions(rule: string, now: PipelineMoment): readonly AlertDecisions[] {
    const open = [...(this.#ofRule.get(rule) ?? [])].flatMap((id) => this.#state.alerts.get(id) ?? []);
    const { filters } = this.outlook;
    for (const alert of open.filter(({ event }) => event.status === "firing")) {
      const asSeen = this.#asSeen(alert);
      for (const { name, judge } of filters) this.#log.note(alert.id, name, judge(asSeen, now), now.unixMs);
    }
    return [...this.#log.closed(rule), ...open.map((alert) => this.#log.of(alert))];
  }

  /** Routes an alert anew, because the settings, the rule's actions or the process are others. */
  #reroute(alert: OpenAlert, now: PipelineMoment): void {
    if (alert.event.status === "firing") return this.#place(alert, now);
    if (alert.toNotify.size === 0) return this.#markChanged(alert, []);
    // The receivers that were to be notified, and those that replace receivers that are gone.
    const before = [...alert.toNotify.keys()];
    alert.toNotify = emptyMap();
    this.#addToNotify(alert, now);
    const isReplaced = before.some((action) => !alert.toNotify.has(action));
    for (const action of [...alert.toNotify.keys()])
      if (alert.endNotified.has(action) || (!isReplaced && !before.includes(action)))
        alert.toNotify = withoutKey(alert.toNotify, action);
    this.#ends.add(alert);
    this.#markChanged(alert, []);
  }

  /**
   * Puts an alert that fires into the groups of its routes, and updates everything that depends on
   * its labels.
   */
  #place(alert: OpenAlert, now: PipelineMoment): void {
    const { id, routed } = alert;
    const before = this.#targets.get(id)?.keys() ?? [];
    const asSeen = this.#asSeen(alert);
    const targets = this.#targetsOf(alert, asSeen, now);
    const nowRouted = this.#routing.routed(targets, alert.notThrough);
    this.#guard(alert.rule, "inhibit", () => this.#inhibitor.fires(id, asSeen.labels), noResult);
    this.#targets.set(id, targets);
    alert.routed = nowRouted.actions;
    for (const stage of stagesOn(this.#stages, "routes"))
      this.#log.note(id, stage.name, judged(this.#guard, alert.rule, stage, nowRouted, now), now.unixMs);
    this.#markChanged(alert, [...before, ...targets.keys()]);
    if (routed.length === 0) return;
    // An action that gets it from now on is notified that it fires.
    for (const [key, actions] of targets) {
      if (actions.every((action) => routed.includes(action))) continue;
      const group = this.#state.groups.get(key);
      if (group !== undefined) this.#hurry([key], now.ms + this.#routing.routeOf(group).groupWaitMs);
    }
  }

  #markChanged({ id, notified, toNotify }: OpenAlert, more: Iterable<string>): void {
    this.changes.touch(id);
    const keys = new Set(more);
    for (const { group } of notified.values()) keys.add(group);
    for (const key of toNotify.values()) keys.add(key);
    for (const key of keys) {
      this.#state.groups.get(key)?.members.add(id);
      this.#changed.getOrInsertComputed(key, () => new Set<string>()).add(id);
    }
  }

  #forget(alert: OpenAlert): void {
    const { id, rule } = alert;
    this.#log.close(alert);
    this.changes.touch(id);
    this.#ends.remove(alert);
    this.#state.alerts.delete(id);
    this.#targets.delete(id);
    const ofRule = this.#ofRule.get(rule);
    ofRule?.delete(id);
    if (ofRule?.size === 0) this.#ofRule.delete(rule);
  }
}
