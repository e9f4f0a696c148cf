import type { BudgetSettings } from "../../settings/notify-settings.ts";
import { held, passed } from "./decision.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { Outlook } from "./firing-alerts.ts";
import {
  flushGroup,
  flushRest,
  MESSAGES_AT_ONCE,
  type ActionTraits,
  type FlushContext,
  type Pieces,
  type PipelineMoment,
  type Rest,
} from "./flush-group.ts";
import { inSeconds, nextDueMs } from "./group.ts";
import { actionsOf } from "./group-actions.ts";
import type { Guard } from "./guard.ts";
import type { PipelineChanges } from "./pipeline-changes.ts";
import type { Group, OpenAlert, PipelineState } from "./pipeline-state.ts";
import type { Routing, Targets } from "./routing.ts";

/** What the settings of now say. */
export interface GroupSettings {
  readonly routing: Routing;
  readonly outlook: Outlook;
  readonly limits: BudgetSettings;
}

export interface GroupMessagesOptions {
  readonly state: PipelineState;
  readonly log: DecisionLog;
  readonly changes: PipelineChanges;
  /** for each alert that fires the groups that its routes put it in, and the actions there */
  readonly targets: ReadonlyMap<string, Targets>;
  readonly traits: (action: string) => ActionTraits | undefined;
  readonly guard: Guard;
  readonly settings: () => GroupSettings;
  /** The alert has ended, and nobody waits for its end. */
  readonly forget: (alert: OpenAlert) => void;
}

const GROUP_DUE = passed("the group's message may go");

/** The messages of groups: when one is due, of all that there is to tell; in between for actions that do not wait. */
export class GroupMessages {
  readonly #options: GroupMessagesOptions;
  /** by group and action: alerts that there was no room for in the last step. After a restart they are due with their group */
  readonly #rests = new Map<string, ReadonlyMap<string, Rest>>();

  constructor(options: GroupMessagesOptions) {
    this.#options = options;
  }

  /** @param changed the ids of the group's alerts that changed since the last step */
  *of(group: Group, changed: ReadonlySet<string> | undefined, now: PipelineMoment): Pieces<void> {
    if (group.dueMs <= now.ms) return yield* this.#whenDue(group, now);
    if (changed !== undefined) yield* this.#flush(group, now, changed);
    if (this.#rests.has(group.key)) yield* this.#flushRests(group, now);
  }

  *#whenDue(group: Group, now: PipelineMoment): Pieces<void> {
    const { state, settings } = this.#options;
    for (const id of group.members) if (!state.alerts.has(id)) group.members.delete(id);
    const wasEmpty = group.members.size === 0;
    // Before its messages: what becomes worse meanwhile hurries the group.
    group.dueMs = nextDueMs(group.dueMs, settings().routing.routeOf(group).groupIntervalMs, now.ms);
    yield* this.#flush(group, now);
    // It stays for an interval, so that an alert that comes back does not come at once.
    if (wasEmpty && group.members.size === 0) state.groups.delete(group.key);
  }

  /** @param changed where given, only these alerts, and only to actions that do not wait for the group */
  *#flush(group: Group, now: PipelineMoment, changed?: ReadonlySet<string>): Pieces<void> {
    const alerts = this.#alertsOf(changed ?? group.members);
    const traitsOf = (action: string): ActionTraits | undefined => {
      const traits = this.#options.traits(action);
      return changed === undefined || traits?.isImmediate === true ? traits : undefined;
    };
    const actions = actionsOf(group, alerts, this.#options.targets, traitsOf);
    this.#noteGroup(group, alerts, changed === undefined, now);
    yield;
    if (changed !== undefined && actions.size === 0) return;
    const rests = yield* flushGroup(group, alerts, this.#context(group, actions, now));
    if (changed === undefined) this.#keepRests(group, rests);
    this.#options.changes.touch();
    this.#leave(group, alerts);
  }

  #noteGroup(group: Group, alerts: readonly OpenAlert[], isDue: boolean, now: PipelineMoment): void {
    const verdict = isDue
      ? GROUP_DUE
      : held(`the group was told of lately: its next message may go ${inSeconds(group.dueMs - now.ms)}`);
    for (const { id } of alerts) this.#options.log.note(id, "group", verdict, now.unixMs);
  }

  *#flushRests(group: Group, now: PipelineMoment): Pieces<void> {
    const left = new Map<string, Rest>();
    for (const [action, { ids, reason }] of this.#rests.get(group.key) ?? []) {
      const traits = this.#options.traits(action);
      if (traits === undefined) continue;
      const size = MESSAGES_AT_ONCE * traits.maxAlerts;
      const alerts = this.#alertsOf(ids.slice(0, size));
      const context = this.#context(group, new Map([[action, traits]]), now);
      yield* flushRest(group, alerts, { action, traits, reason }, context);
      this.#leave(group, alerts);
      if (ids.length > size) left.set(action, { ids: ids.slice(size), reason });
    }
    this.#keepRests(group, left);
    this.#options.changes.touch();
  }

  #keepRests({ key }: Group, rests: ReadonlyMap<string, Rest>): void {
    if (rests.size > 0) this.#rests.set(key, rests);
    else this.#rests.delete(key);
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

  #context(group: Group, actions: ReadonlyMap<string, ActionTraits>, now: PipelineMoment): FlushContext {
    const { state, log, changes, targets, guard, settings } = this.#options;
    const { routing, outlook, limits } = settings();
    const { filters, asSeen: stageAlert, refresh } = outlook;
    return {
      ...{ now, route: routing.routeOf(group), filters, stageAlert, guard, log, actions },
      budget: { state: state.budget, limits },
      touch: ({ id }) => changes.touch(id),
      targets: ({ id }) => targets.get(id)?.get(group.key) ?? NOBODY,
      listens: (alert, action) => routing.listens(alert, action),
      refresh: ({ rule, event }) => (event.status === "firing" ? refresh(rule, event) : event),
    };
  }

  /** Takes out of the group what has nothing to do with it any more, and forgets ended alerts that nobody waits for. */
  #leave(group: Group, alerts: readonly OpenAlert[]): void {
    for (const alert of alerts) {
      const { id, heard, owed, event, routed } = alert;
      for (const hearing of [heard, owed])
        for (const name of hearing.keys()) if (this.#options.traits(name) === undefined) hearing.delete(name);
      if (event.status === "resolved" && heard.size + owed.size === 0) this.#forget(alert);
      else if (alert.earlier !== undefined && owed.size === 0 && routed.every((name) => heard.has(name)))
        delete alert.earlier;
      if (this.#options.targets.get(id)?.has(group.key)) continue;
      const hears = heard.values().some(({ group: key }) => key === group.key);
      if (!hears && !owed.values().some((key) => key === group.key)) group.members.delete(id);
    }
  }

  /** Another alert may have taken its place meanwhile. */
  #forget(alert: OpenAlert): void {
    if (this.#options.state.alerts.get(alert.id) === alert) this.#options.forget(alert);
  }
}

const NOBODY: readonly string[] = [];
