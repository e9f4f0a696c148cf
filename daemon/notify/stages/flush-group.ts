import { countSuppressed, judgeBudget, payBudget, takeSuppressed, type BudgetState } from "./budget.ts";
import { held, passed, type Verdict } from "./decision.ts";
import { changeOf, needOf, type Change, type Need, type NotificationReason } from "./dedupe.ts";
import type { AlertsContent } from "../queue/delivery.ts";
import { guardedPieces } from "./guard.ts";
import { firingFirst, inOrderOfWeight } from "./order-news.ts";
import type { Group, OpenAlert } from "./pipeline-state.ts";
import type { ActionTraits, FlushContext, Flushed, Message, Pieces } from "./flush-context.ts";
import { type Rest, restOf } from "./rest.ts";
import { toldEvent } from "./told-event.ts";

/** So many alerts are looked at before somebody else may have the thread. */
const ALERTS_AT_ONCE = 500;

/**
 * Messages of one group to one action in one step. So many alerts neither keep a tick from its time
 * nor fill the queues.
 */
export const MESSAGES_AT_ONCE = 4;

interface Told {
  readonly alert: OpenAlert;
  readonly change: Change;
}

interface Occasion {
  readonly action: string;
  readonly traits: ActionTraits;
  readonly reason: NotificationReason;
  /** true if alerts that have not changed are part of it */
  readonly isRepeat: boolean;
}

const REPEAT = "repeat interval elapsed";

/**
 * The messages that are due for these alerts of a group. What they tell counts as heard from here
 * on.
 */
export function* flushGroup(group: Group, alerts: readonly OpenAlert[], context: FlushContext): Pieces<Flushed> {
  const { free, held: heldIds } = yield* notHeld(group, alerts, context);
  const rests = new Map<string, Rest>();
  let isUnfinished = false;
  for (const [action, traits] of context.actions) {
    const pieces = flushAction(group, free, action, traits, context);
    const of = { rule: ruleOf(alerts), step: "message" } as const;
    const rest = yield* guardedPieces<Message | undefined, FlushedAction>(context.guard, of, pieces, UNFINISHED);
    if (rest === UNFINISHED) isUnfinished = true;
    else if (rest !== undefined) rests.set(action, rest);
  }
  return { rests, held: heldIds, isUnfinished };
}

/** In place of a rest: the budget holds back what there was to tell, or a step failed. */
const UNFINISHED = "unfinished";

type FlushedAction = Rest | typeof UNFINISHED | undefined;

function ruleOf([first]: readonly OpenAlert[]): string {
  return first?.rule ?? "";
}

/**
 * The next messages of those that an earlier flush had too many alerts for. They are part of what
 * the budget let pass. Gives the ids of those that something holds.
 */
export function* flushRest(
  group: Group,
  alerts: readonly OpenAlert[],
  occasion: Occasion,
  context: FlushContext,
): Pieces<readonly string[]> {
  const { free, held: heldIds } = yield* notHeld(group, alerts, context);
  const told = toldTo(group, free, occasion.action, context);
  const news = told.filter((each) => isPartOf(occasion, each));
  const isUnchanged = news.every(({ change }) => change === "unchanged");
  const reason = isUnchanged ? REPEAT : occasion.reason;
  if (news.length > 0) yield* send(group, news, [], { ...occasion, reason }, context, true);
  return heldIds;
}

function isPartOf({ isRepeat }: Occasion, { change }: Told): boolean {
  return isRepeat || change !== "unchanged";
}

/**
 * The alerts that nothing holds. All filters are asked, so that each one's verdict is known. What
 * has ended while it is held is not news when nothing holds it any more.
 */
function* notHeld(
  group: Group,
  alerts: readonly OpenAlert[],
  context: FlushContext,
): Pieces<{ readonly free: readonly OpenAlert[]; readonly held: readonly string[] }> {
  const free: OpenAlert[] = [];
  const heldIds: string[] = [];
  let looked = 0;
  for (const alert of alerts) {
    if (++looked % ALERTS_AT_ONCE === 0) yield;
    if (!isHeld(alert, context)) {
      free.push(alert);
      continue;
    }
    heldIds.push(alert.id);
    if (alert.event.status === "resolved") forgive(group, alert, context);
  }
  return { free, held: heldIds };
}

function isHeld(alert: OpenAlert, { filters, now, log, stageAlert }: FlushContext): boolean {
  const asSeen = stageAlert(alert);
  let isAlertHeld = false;
  for (const { name, judge } of filters) {
    const verdict = judge(asSeen, now.unixMs);
    log.note(alert.id, name, verdict, now.unixMs);
    isAlertHeld ||= verdict.outcome === "held";
  }
  return isAlertHeld;
}

const ENDED_WHILE_HELD = held("it ended while it was held, before anybody was told of it");

/** As in Alertmanager: it counts what holds an alert when its group's message is due. */
function forgive(group: Group, alert: OpenAlert, { actions, log, now, touch }: FlushContext): void {
  const { id, owed } = alert;
  for (const [action, key] of owed) {
    if (key !== group.key || !actions.has(action)) continue;
    owed.delete(action);
    touch(alert);
    log.note(id, "dedupe", ENDED_WHILE_HELD, now.unixMs, action);
  }
}

const NEED_UNKNOWN: Need = { reason: "new alerts in group", verdict: passed("the stage failed, and lets alerts pass") };

function* flushAction(
  group: Group,
  alerts: readonly OpenAlert[],
  action: string,
  traits: ActionTraits,
  context: FlushContext,
): Pieces<FlushedAction> {
  yield;
  const told = toldTo(group, alerts, action, context);
  if (told.length === 0) return undefined;
  const { now, route, log } = context;
  const others: readonly Change[] = context.isPartial ? ["unchanged"] : [];
  const changes = [...others, ...told.map(({ change }) => change)];
  const repeatMs = traits.isImmediate || context.isPartial ? Infinity : route.repeatMs;
  const rule = told[0]?.alert.rule ?? "";
  const { reason, verdict } = context.guard(
    rule,
    "dedupe",
    () => needOf(changes, group.notifiedAtMs.get(action), repeatMs, now.ms),
    () => NEED_UNKNOWN,
  );
  for (const { alert } of told) log.note(alert.id, "dedupe", verdict, now.unixMs, action);
  if (reason === undefined) return undefined;
  const isPaid = (): boolean => mayGo(told, action, context);
  if (!traits.isImmediate && !context.guard(rule, "budget", isPaid, () => true)) return UNFINISHED;
  const news = newsOf(told);
  const known = traits.isImmediate || news === told ? [] : told.filter(({ change }) => change === "unchanged");
  return yield* send(group, news, known, { action, traits, reason, isRepeat: reason === REPEAT }, context);
}

/** What there is to tell an action of alerts that nothing holds. */
function toldTo(group: Group, alerts: readonly OpenAlert[], action: string, context: FlushContext): readonly Told[] {
  const told: Told[] = [];
  for (const alert of alerts) {
    const isTarget = context.targets(alert).includes(action);
    const listens = (): boolean => context.listens(alert, action);
    const change = context.guard(
      alert.rule,
      "dedupe",
      () => changeOf(alert, action, group.key, { isTarget, listens }),
      () => (isTarget || alert.heard.has(action) || alert.owed.has(action) ? plainChange(alert, action) : undefined),
    );
    if (change !== undefined) told.push({ alert, change });
  }
  return told;
}

/** What there is to tell where it could not be found out. */
function plainChange({ event, heard }: OpenAlert, action: string): Change {
  const before = heard.get(action);
  if (event.status === "resolved") return before === undefined ? "ended" : "resolved";
  return before === undefined ? "fired" : "unchanged";
}

/**
 * True if the budget lets a message go, which it then has paid for: the rule that may pays. Else
 * what is held back is counted.
 */
function mayGo(told: readonly Told[], action: string, context: FlushContext): boolean {
  const { budget, now, log } = context;
  const news = newsOf(told);
  const rules = new Set(news.map(({ alert }) => alert.rule));
  let last: Verdict | undefined;
  for (const rule of rules) {
    last = judgeBudget(budget.state, budget.limits, rule, action, now.ms);
    if (last.outcome === "passed") {
      payBudget(budget.state, budget.limits, rule, action, now.ms);
      break;
    }
  }
  for (const { alert } of news) if (last !== undefined) log.note(alert.id, "budget", last, now.unixMs, action);
  if (last?.outcome !== "held") return true;
  for (const each of news) holdBack(each, action, context);
  return false;
}

/** An alert that fired and ended is one change: it is told as one. */
function holdBack({ alert, change }: Told, action: string, { budget, touch }: FlushContext): void {
  if (change === "unchanged") return;
  const { status, level } = alert.event;
  const before = alert.heldBack.get(action);
  const now = `${status} ${level}`;
  if (before === now) return;
  alert.heldBack.set(action, now);
  touch(alert);
  if (change === "ended" && before !== undefined) return;
  countSuppressed(budget.state, action, alert.rule, 1);
}

/** Those that changed; of a repeat all. */
function newsOf(told: readonly Told[]): readonly Told[] {
  const news = told.filter(({ change }) => change !== "unchanged");
  return news.length === 0 ? told : news;
}

/**
 * As many messages as the news need, at most MESSAGES_AT_ONCE; the others of the group are in it
 * where there is room in a single one.
 *
 * @param isPaid whether the first message is part of what the budget let pass before
 */
function* send(
  group: Group,
  unordered: readonly Told[],
  others: readonly Told[],
  occasion: Occasion,
  context: FlushContext,
  isPaid = false,
): Pieces<Rest | undefined> {
  const { action, traits } = occasion;
  const { budget, now } = context;
  const news = traits.isImmediate || isPaid ? unordered : ordered(unordered, context);
  const parts = chunksOf(news.slice(0, MESSAGES_AT_ONCE * traits.maxAlerts), traits.maxAlerts);
  const rest = news.slice(MESSAGES_AT_ONCE * traits.maxAlerts);
  for (const { alert } of news) countAsSent(alert, action, budget.state);
  group.notifiedAtMs.set(action, now.ms);
  const isSingle = parts.length === 1 && rest.length === 0 && !isPaid;
  for (const [index, part] of parts.entries()) {
    const told = index === 0 ? part : stillToTell(group, part, occasion, context);
    if (told.length === 0) continue;
    for (const each of told) hear(group, each, action, context);
    if (isPaid || index > 0) pay(told, occasion, context);
    yield { action, content: contentOf(group, told, isSingle ? others : [], occasion, context) };
  }
  return restOf(rest, occasion, !traits.isImmediate);
}

function pay(told: readonly Told[], { action, traits }: Occasion, { budget, now }: FlushContext): void {
  const rule = told[0]?.alert.rule;
  if (!traits.isImmediate && rule !== undefined) payBudget(budget.state, budget.limits, rule, action, now.ms);
}

/** What has become of news while somebody else had the thread. */
function stillToTell(group: Group, news: readonly Told[], occasion: Occasion, context: FlushContext): readonly Told[] {
  const alerts = news.map(({ alert }) => alert);
  return toldTo(group, alerts, occasion.action, context).filter((each) => isPartOf(occasion, each));
}

function ordered(news: readonly Told[], { guard }: FlushContext): readonly Told[] {
  return guard(
    ruleOf(news.map(({ alert }) => alert)),
    "order",
    () => inOrderOfWeight(news),
    () => news,
  );
}

function chunksOf<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const chunks: (readonly Item[])[] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}

function contentOf(
  group: Group,
  news: readonly Told[],
  others: readonly Told[],
  { action, traits, reason }: Occasion,
  { refresh, budget, now, guard }: FlushContext,
): AlertsContent {
  const inOrder = traits.isImmediate ? news : firingFirst(news);
  const { maxKnown = traits.maxAlerts } = traits;
  const shown = [...inOrder, ...others.slice(0, Math.max(0, maxKnown - news.length))];
  return {
    kind: "alerts",
    rule: inOrder[0]?.alert.rule ?? "",
    alerts: shown.map(({ alert, change }) => {
      const event = refresh(alert);
      return guard(
        alert.rule,
        "render",
        () => toldEvent(event, alert, change, now.unixMs),
        () => event,
      );
    }),
    news: news.length,
    group: { key: group.key, labels: group.labels },
    openedAtUnixMs: group.openedAtUnixMs,
    reason,
    truncated: news.length + others.length - shown.length,
    suppressed: takeSuppressed(budget.state, action, new Set(news.map(({ alert }) => alert.rule))),
  };
}

/** The action knows now how the alert is. */
function hear({ key }: Group, { alert, change }: Told, action: string, context: FlushContext): void {
  const { budget, targets, touchTold } = context;
  touchTold(alert);
  countAsSent(alert, action, budget.state);
  alert.owed.delete(action);
  const { status, level } = alert.event;
  if (status === "resolved" || change === "left") {
    alert.heard.delete(action);
    alert.knowing.add(action);
  } else {
    alert.knowing.delete(action);
    const before = alert.heard.get(action)?.routedLevel ?? level;
    const routedLevel = targets(alert).includes(action) ? level : before;
    alert.heard.set(action, { group: key, level, routedLevel });
  }
}

/** What the budget held back of it is in a message after all, where the alert did not change since. */
function countAsSent(alert: OpenAlert, action: string, state: BudgetState): void {
  const { status, level } = alert.event;
  if (alert.heldBack.get(action) === `${status} ${level}`) countSuppressed(state, action, alert.rule, -1);
  alert.heldBack.delete(action);
}
