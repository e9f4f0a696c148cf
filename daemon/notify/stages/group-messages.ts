import type { BudgetSettings } from "../../settings/notify-settings.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { Outlook } from "./firing-alerts.ts";
import { EarlyGroups } from "./early-groups.ts";
import type { ActionTraits, FlushContext, Flushed, Pieces, Sent } from "./flush-context.ts";
import { flushGroup, flushRest, MESSAGES_AT_ONCE } from "./flush-group.ts";
import { nextDueMs } from "./group.ts";
import { actionsOf } from "./group-actions.ts";
import { type Guard, judged } from "./guard.ts";
import type { PipelineChanges } from "./pipeline-changes.ts";
import type { Group, OpenAlert, PipelineState } from "./pipeline-state.ts";
import { mergedRests, type Rest, restWithout } from "./rest.ts";
import type { Routing, Targets } from "./routing.ts";
import { withoutKey } from "./small-map.ts";
import { type AnyStage, stagesOn } from "./stage.ts";
import type { PipelineMoment } from "./subjects.ts";

interface GroupMoment extends PipelineMoment {
  /** the time of the early message that this step continues, if it does */
  readonly goesOnFromMs?: number;
}

/** The current settings for groups. */
export interface GroupSettings {
  readonly routing: Routing;
  readonly outlook: Outlook;
  readonly limits: BudgetSettings;
}

export interface GroupMessagesOptions {
  readonly stages: readonly AnyStage[];
  readonly state: PipelineState;
  readonly log: DecisionLog;
  readonly changes: PipelineChanges;
  /** for each alert that fires: the groups that its routes put it in, and the actions there */
  readonly targets: ReadonlyMap<string, Targets>;
  readonly traits: (action: string) => ActionTraits | undefined;
  readonly guard: Guard;
  readonly settings: () => GroupSettings;
  /** called if the alert has ended and nobody waits for its end */
  readonly forget: (alert: OpenAlert) => void;
}

/**
 * The size from which a group is large: not all of its alerts are looked at each time that it is
 * due.
 */
const MANY_ALERTS = 1000;

/**
 * The work that is left for a group since all of its alerts were looked at. After a restart, or if
 * all must be looked at again, a group does not have one.
 */
interface Backlog {
  /** by action: alerts that found no room in the last step */
  readonly rests: ReadonlyMap<string, Rest>;
  /** the ids of alerts that have changed since, or that something held */
  readonly open: Set<string>;
}

/**
 * The messages of groups. When a group is due, they contain all changes; before that, only actions
 * that do not wait get them. A hundred thousand alerts are looked at once, not each time that a few
 * thousand of them are sent.
 */
export class GroupMessages {
  readonly #options: GroupMessagesOptions;
  /** by group */
  readonly #backlogs = new Map<string, Backlog>();
  readonly #early = new EarlyGroups();

  constructor(options: GroupMessagesOptions) {
    this.#options = options;
  }

  /** @param changed the ids of the group's alerts that changed since the last step */
  *of(group: Group, changed: ReadonlySet<string> | undefined, now: PipelineMoment): Pieces<void> {
    if (!now.isAhead) return yield* this.#atTick(group, changed, now);
    const mayGo = group.dueMs <= now.ms && !this.#early.hasSent(group.key);
    if (mayGo) this.#early.noteSent(group.key, now.ms);
    this.#early.noteHeld(group.key, yield* this.#messagesOf(group, changed, now, mayGo));
  }

  /** Continues what was sent ahead of this tick. */
  *#atTick(group: Group, changed: ReadonlySet<string> | undefined, now: PipelineMoment): Pieces<void> {
    const early = this.#early.take(group.key);
    if (early?.sentAtMs !== undefined) group.dueMs = Math.min(group.dueMs, now.ms);
    const all = early === undefined ? changed : early.held.union(changed ?? new Set<string>());
    const moment = { ...now, ...(early?.sentAtMs !== undefined && { goesOnFromMs: early.sentAtMs }) };
    yield* this.#messagesOf(group, all, moment, group.dueMs <= now.ms);
  }

  /** Returns the ids of alerts that something holds, if the group is not due. */
  *#messagesOf(
    group: Group,
    changed: ReadonlySet<string> | undefined,
    now: GroupMoment,
    isDue: boolean,
  ): Pieces<readonly string[]> {
    const open = this.#backlogs.get(group.key)?.open;
    if (open !== undefined) for (const id of changed ?? []) open.add(id);
    if (isDue) {
      yield* this.#whenDue(group, now);
      return [];
    }
    const { rests, held } =
      changed === undefined ? NOTHING_LEFT : yield* this.#flush(group, changed, now, { isDue, isPartial: false });
    if (rests.size > 0) this.#addRests(group, rests);
    else yield* this.#flushRests(group, now);
    return held;
  }

  *#whenDue(group: Group, now: GroupMoment): Pieces<void> {
    const { routing } = this.#options.settings();
    const backlog = this.#backlogs.get(group.key);
    // Set before its messages are made: an alert that becomes worse meanwhile hurries the group.
    group.dueMs = nextDueMs(group.dueMs, routing.routeOf(group).groupIntervalMs, now.ms);
    if (backlog === undefined || !this.#goesOn(group, backlog, now)) yield* this.#flushAll(group, now);
    else yield* this.#goOn(group, backlog, now);
  }

  /** True if most of the group's alerts have nothing new, except the rest of earlier messages. */
  #goesOn(group: Group, { rests, open }: Backlog, now: GroupMoment): boolean {
    if (rests.size > 0) return true;
    if (open.size > 0 || group.members.size < MANY_ALERTS) return false;
    const { repeatMs } = this.#options.settings().routing.routeOf(group);
    return group.notifiedAtMs
      .entries()
      .every(([action, ms]) => now.ms - ms <= repeatMs || this.#options.traits(action)?.isImmediate === true);
  }

  *#flushAll(group: Group, now: GroupMoment): Pieces<void> {
    const { alerts, groups } = this.#options.state;
    this.#backlogs.delete(group.key);
    for (const id of group.members) if (!alerts.has(id)) group.members.delete(id);
    const wasEmpty = group.members.size === 0;
    const { rests, held: heldIds, isUnfinished } = yield* this.#flush(group, group.members, now, WHOLE);
    // What is left for one action is not lost because another one's budget is used up.
    if (!isUnfinished) this.#backlogs.set(group.key, { rests, open: new Set(heldIds) });
    else if (rests.size > 0) this.#addRests(group, rests);
    // An empty group stays for an interval, so that an alert that comes back does not come at once.
    if (!wasEmpty || group.members.size > 0) return;
    groups.delete(group.key);
    this.#backlogs.delete(group.key);
  }

  /** Sends alerts that have changed or were held, and the next ones of those that found no room. */
  *#goOn(group: Group, { open, rests }: Backlog, now: GroupMoment): Pieces<void> {
    this.#backlogs.delete(group.key);
    const sent = new Map<string, Set<string>>();
    const part = open.size === 0 ? NOTHING_LEFT : yield* this.#flush(group, open, now, PART, sent);
    const left = withRests(withoutSent(rests, sent), part.rests);
    this.#backlogs.set(group.key, { rests: left, open: part.isUnfinished ? open : new Set(part.held) });
    yield* this.#flushRests(group, now);
  }

  /** Keeps alerts that found no room. All others are still to be looked at. */
  #addRests(group: Group, rests: ReadonlyMap<string, Rest>): void {
    const backlog = this.#backlogs.get(group.key) ?? { rests: NO_RESTS, open: new Set(group.members) };
    this.#backlogs.set(group.key, { ...backlog, rests: withRests(backlog.rests, rests) });
  }

  /**
   * Sends these alerts. If the group is not due, only actions that do not wait get them.
   *
   * @param sent gets the alerts that messages contain, by action
   */
  *#flush(
    group: Group,
    ids: Iterable<string>,
    now: GroupMoment,
    { isDue, isPartial }: { readonly isDue: boolean; readonly isPartial: boolean },
    sent?: Map<string, Set<string>>,
  ): Pieces<Flushed> {
    const alerts = this.#alertsOf(ids);
    const traitsOf = (action: string): ActionTraits | undefined => {
      const traits = this.#options.traits(action);
      return isDue || traits?.isImmediate === true ? traits : undefined;
    };
    const actions = actionsOf(group, alerts, this.#options.targets, traitsOf);
    this.#noteGroup(group, alerts, isDue, now);
    yield;
    if (isDue && !isPartial) leaveOut(group.notifiedAtMs, actions);
    if (!isDue && actions.size === 0) return NOTHING_LEFT;
    const context = this.#context(group, actions, now, isPartial);
    const touchNotified = ({ id }: OpenAlert, action: string): void => {
      this.#options.changes.touchNotified(id);
      sent?.getOrInsertComputed(action, () => new Set()).add(id);
    };
    const flushed = yield* flushGroup(group, alerts, { ...context, touchNotified });
    this.#options.changes.touch();
    this.#leave(group, alerts);
    return flushed;
  }

  #noteGroup(group: Group, alerts: readonly OpenAlert[], isDue: boolean, now: GroupMoment): void {
    const { log, guard, stages } = this.#options;
    for (const stage of stagesOn(stages, "group")) {
      const verdict = judged(guard, alerts[0]?.rule ?? "", stage, { isDue, dueMs: group.dueMs }, now);
      for (const { id } of alerts) log.note(id, stage.name, verdict, now.unixMs);
    }
  }

  *#flushRests(group: Group, now: GroupMoment): Pieces<void> {
    const backlog = this.#backlogs.get(group.key);
    if (backlog === undefined || backlog.rests.size === 0) return;
    const { rests, open } = backlog;
    this.#backlogs.delete(group.key);
    const left = new Map<string, Rest>();
    for (const [action, { alerts: waiting, ...of }] of rests) {
      const traits = this.#options.traits(action);
      if (traits === undefined) continue;
      const size = MESSAGES_AT_ONCE * traits.maxAlerts;
      const alerts = this.#alertsOf(waiting.slice(0, size).map(({ id }) => id));
      const context = this.#context(group, new Map([[action, traits]]), now, true);
      const heldIds = yield* flushRest(group, alerts, { action, traits, ...of }, context);
      for (const id of heldIds) open.add(id);
      this.#leave(group, alerts);
      if (waiting.length > size) left.set(action, { ...of, alerts: waiting.slice(size) });
    }
    this.#backlogs.set(group.key, { rests: left, open });
    this.#options.changes.touch();
  }

  #alertsOf(ids: Iterable<string>): readonly OpenAlert[] {
    const { alerts } = this.#options.state;
    const found: OpenAlert[] = [];
    for (const id of ids) {
      const alert = alerts.get(id);
      if (alert !== undefined) found.push(alert);
    }
    return found;
  }

  #context(
    group: Group,
    actions: ReadonlyMap<string, ActionTraits>,
    now: GroupMoment,
    isPartial: boolean,
  ): FlushContext {
    const { stages, state, log, changes, targets, guard, settings } = this.#options;
    const { routing, outlook, limits } = settings();
    const { filters, asSeen: stageAlert, refresh } = outlook;
    return {
      ...{ now, route: routing.routeOf(group), filters, stageAlert, guard, log, actions, isPartial },
      messageStages: stagesOn(stages, "message"),
      goesOnFromMs: now.goesOnFromMs ?? Infinity,
      budget: { state: state.budget, limits },
      touch: ({ id }) => changes.touch(id),
      touchNotified: ({ id }) => changes.touchNotified(id),
      targets: ({ id }) => targets.get(id)?.get(group.key) ?? NOBODY,
      listens: (alert, action) => routing.listens(alert, action),
      refresh: ({ rule, event }) => (event.status === "firing" ? refresh(rule, event) : event),
    };
  }

  /**
   * Removes alerts from the group that no longer belong to it, and forgets ended alerts that nobody
   * waits for.
   */
  #leave(group: Group, alerts: readonly OpenAlert[]): void {
    for (const alert of alerts) {
      this.#leaveGone(alert);
      const { id, notified, toNotify, event, routed } = alert;
      if (event.status === "resolved" && notified.size + toNotify.size === 0) this.#forget(alert);
      else if (alert.earlier !== undefined && toNotify.size === 0 && routed.every((name) => notified.has(name)))
        delete alert.earlier;
      if (this.#options.targets.get(id)?.has(group.key)) continue;
      const isNotifiedHere = notified.values().some(({ group: key }) => key === group.key);
      if (!isNotifiedHere && !toNotify.values().some((key) => key === group.key)) group.members.delete(id);
    }
  }

  /** Forgets the notifications of actions that are gone. */
  #leaveGone(alert: OpenAlert): void {
    const isGone = (action: string): boolean => this.#options.traits(action) === undefined;
    for (const action of alert.notified.keys()) if (isGone(action)) alert.notified = withoutKey(alert.notified, action);
    for (const action of alert.toNotify.keys()) if (isGone(action)) alert.toNotify = withoutKey(alert.toNotify, action);
  }

  /** Forgets an alert, unless another one has replaced it meanwhile. */
  #forget(alert: OpenAlert): void {
    if (this.#options.state.alerts.get(alert.id) === alert) this.#options.forget(alert);
  }
}

/** Forgets the last notification of actions that no longer belong to the group. */
function leaveOut(notifiedAtMs: Map<string, number>, actions: ReadonlyMap<string, ActionTraits>): void {
  for (const action of notifiedAtMs.keys()) if (!actions.has(action)) notifiedAtMs.delete(action);
}

/**
 * Leaves out alerts that were sent since: a repeat that goes on would send them again, though their
 * receivers have just been notified.
 */
function withoutSent(rests: ReadonlyMap<string, Rest>, sent: Sent): ReadonlyMap<string, Rest> {
  if (sent.size === 0) return rests;
  const left = new Map<string, Rest>();
  for (const [action, rest] of rests) {
    const still = restWithout(rest, sent.get(action) ?? new Set());
    if (still !== undefined) left.set(action, still);
  }
  return left;
}

/** Merges the rests of an earlier flush with those of a later one, by action. */
function withRests(earlier: ReadonlyMap<string, Rest>, later: ReadonlyMap<string, Rest>): ReadonlyMap<string, Rest> {
  const merged = new Map(earlier);
  for (const [action, rest] of later) {
    const before = earlier.get(action);
    merged.set(action, before === undefined ? rest : mergedRests(before, rest));
  }
  return merged;
}

const NOBODY: readonly string[] = [];
const NO_RESTS: ReadonlyMap<string, Rest> = new Map();
const NOTHING_LEFT: Flushed = { rests: NO_RESTS, held: [], isUnfinished: false };
const WHOLE = { isDue: true, isPartial: false };
const PART = { isDue: true, isPartial: true };
