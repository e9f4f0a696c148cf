import { countSuppressed, isLimited, payBudget, payFirst, takeSuppressed, type BudgetState } from "./budget.ts";
import { changeOf } from "./change.ts";
import { type NotificationReason, notificationReason } from "./dedupe.ts";
import type { AlertsContent } from "../queue/delivery.ts";
import { guardedPieces, judged, noResult } from "./guard.ts";
import { firingFirst, inOrderOfWeight, type News } from "./order-news.ts";
import type { Group, LastNotification, OpenAlert } from "./pipeline-state.ts";
import { emptyMap, withEntry, withItem, withoutItem, withoutKey } from "./small-map.ts";
import type { ActionTraits, FlushContext, Flushed, Message, Pieces } from "./flush-context.ts";
import { type Rest, restOf } from "./rest.ts";
import { messageEvent } from "./message-event.ts";
import { held, type StageName, type Verdict } from "./stage.ts";
import type { Change, DueMessage } from "./subjects.ts";

/** The number of alerts after which other work may use the thread. */
const ALERTS_AT_ONCE = 500;

/**
 * The most messages of one group to one action in one step: they must neither delay a tick nor fill
 * the queues.
 */
export const MESSAGES_AT_ONCE = 4;

/** A notification that is due: its action, its form and its reason. */
interface Notification {
  readonly action: string;
  readonly traits: ActionTraits;
  readonly reason: NotificationReason;
  /** true if alerts that have not changed are part of it */
  readonly isRepeat: boolean;
}

const REPEAT = "repeat interval elapsed";

/**
 * Makes the messages that are due for these alerts of a group. The alerts in them count as notified
 * from here on.
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

/** The result instead of a rest: the budget holds back the messages, or a step failed. */
const UNFINISHED = "unfinished";

type FlushedAction = Rest | typeof UNFINISHED | undefined;

function ruleOf([first]: readonly OpenAlert[]): string {
  return first?.rule ?? "";
}

/**
 * Makes the next messages for alerts that found no room in an earlier flush. The budget let them
 * pass then. Returns the ids of alerts that something holds.
 */
export function* flushRest(
  group: Group,
  alerts: readonly OpenAlert[],
  notification: Notification,
  context: FlushContext,
): Pieces<readonly string[]> {
  const { free, held: heldIds } = yield* notHeld(group, alerts, context);
  const candidates = candidatesFor(group, free, notification.action, context);
  const news = candidates.filter((each) => isPartOf(notification, each));
  const isUnchanged = news.every(({ change }) => change === "unchanged");
  const reason = isUnchanged ? REPEAT : notification.reason;
  if (news.length > 0) yield* send(group, news, [], { ...notification, reason }, context, true);
  return heldIds;
}

function isPartOf({ isRepeat }: Notification, { change }: News): boolean {
  return isRepeat || change !== "unchanged";
}

/**
 * Returns the alerts that nothing holds. All filters are asked, so that each one's verdict is
 * known. An alert that ended while it was held is not news when nothing holds it any more.
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
    if (alert.event.status === "resolved") dropEnd(group, alert, context);
  }
  return { free, held: heldIds };
}

function isHeld(alert: OpenAlert, { filters, now, log, stageAlert }: FlushContext): boolean {
  const asSeen = stageAlert(alert);
  let isAlertHeld = false;
  for (const { name, judge } of filters) {
    const verdict = judge(asSeen, now);
    log.note(alert.id, name, verdict, now.unixMs);
    isAlertHeld ||= verdict.outcome === "held";
  }
  return isAlertHeld;
}

const ENDED_WHILE_HELD = held("it ended while it was held, before anybody was notified of it");

/**
 * Forgets the end of an alert that is held. As in Alertmanager, it counts what holds an alert when
 * its group's message is due.
 */
function dropEnd(group: Group, alert: OpenAlert, { actions, log, now, touch }: FlushContext): void {
  const { id } = alert;
  for (const [action, key] of alert.toNotify) {
    if (key !== group.key || !actions.has(action)) continue;
    alert.toNotify = withoutKey(alert.toNotify, action);
    touch(alert);
    log.note(id, "dedupe", ENDED_WHILE_HELD, now.unixMs, action);
  }
}

function* flushAction(
  group: Group,
  alerts: readonly OpenAlert[],
  action: string,
  traits: ActionTraits,
  context: FlushContext,
): Pieces<FlushedAction> {
  yield;
  const candidates = candidatesFor(group, alerts, action, context);
  const [first] = candidates;
  if (first === undefined) return undefined;
  const message = dueMessage(group, candidates, action, traits, context);
  // If no stage says why, dedupe failed: the alerts are taken for new ones.
  let reason: NotificationReason = "new alerts in group";
  let news = candidates;
  for (const stage of context.messageStages) {
    if (stage.concerns?.(message) === false) continue;
    const verdict = judged(context.guard, first.alert.rule, stage, message, context.now);
    noteAll(news, stage.name, verdict, action, context);
    if (verdict.outcome === "held" && stage.suppresses !== true) return undefined;
    news = newsOf(news);
    if (verdict.outcome === "held") return suppress(news, action, context);
    reason = notificationReason(verdict) ?? reason;
  }
  if (isLimited(message)) payFor(message, context);
  const known =
    traits.isImmediate || news === candidates ? [] : candidates.filter(({ change }) => change === "unchanged");
  return yield* send(group, news, known, { action, traits, reason, isRepeat: reason === REPEAT }, context);
}

/** Returns the message of these alerts, as stages judge it. */
function dueMessage(
  group: Group,
  candidates: readonly News[],
  action: string,
  { isImmediate }: ActionTraits,
  { isPartial, route, goesOnFromMs }: FlushContext,
): DueMessage {
  const others: readonly Change[] = isPartial ? ["unchanged"] : [];
  const notifiedAtMs = group.notifiedAtMs.get(action);
  return {
    action,
    isImmediate,
    changes: [...others, ...candidates.map(({ change }) => change)],
    rules: [...new Set(newsOf(candidates).map(({ alert }) => alert.rule))],
    notifiedAtMs,
    isRest: notifiedAtMs !== undefined && notifiedAtMs >= goesOnFromMs,
    repeatMs: isImmediate || isPartial ? Infinity : route.repeatMs,
  };
}

function noteAll(
  news: readonly News[],
  stage: StageName,
  verdict: Verdict,
  action: string,
  { log, now }: FlushContext,
): void {
  for (const { alert } of news) log.note(alert.id, stage, verdict, now.unixMs, action);
}

function suppress(news: readonly News[], action: string, context: FlushContext): typeof UNFINISHED {
  for (const each of news) holdBack(each, action, context);
  return UNFINISHED;
}

function payFor(message: DueMessage, { guard, budget, now }: FlushContext): void {
  guard(message.rules[0] ?? "", "budget", () => payFirst(budget.state, budget.limits, message, now.ms), noResult);
}

/** Returns the alerts that concern an action, each with its change; nothing holds them. */
function candidatesFor(
  group: Group,
  alerts: readonly OpenAlert[],
  action: string,
  context: FlushContext,
): readonly News[] {
  const candidates: News[] = [];
  for (const alert of alerts) {
    const isTarget = context.targets(alert).includes(action);
    const listens = (): boolean => context.listens(alert, action);
    const change = context.guard(
      alert.rule,
      "dedupe",
      () => changeOf(alert, action, group.key, { isTarget, listens }),
      () =>
        isTarget || alert.notified.has(action) || alert.toNotify.has(action) ? plainChange(alert, action) : undefined,
    );
    if (change !== undefined) candidates.push({ alert, change });
  }
  return candidates;
}

/** Returns the change of an alert if it could not be found out in the usual way. */
function plainChange({ event, notified }: OpenAlert, action: string): Change {
  const before = notified.get(action);
  if (event.status === "resolved") return before === undefined ? "ended" : "resolved";
  return before === undefined ? "fired" : "unchanged";
}

/**
 * Counts a change that the budget holds back. An alert that fired and ended counts as one change:
 * it is sent as one.
 */
function holdBack({ alert, change }: News, action: string, { budget, touch }: FlushContext): void {
  if (change === "unchanged") return;
  const { status, level } = alert.event;
  const before = alert.suppressed.get(action);
  const now = `${status} ${level}`;
  if (before === now) return;
  alert.suppressed = withEntry(alert.suppressed, action, now);
  touch(alert);
  if (change === "ended" && before !== undefined) return;
  countSuppressed(budget.state, action, alert.rule, 1);
}

/** Returns the alerts that changed, or all for a repeat. */
function newsOf(candidates: readonly News[]): readonly News[] {
  const news = candidates.filter(({ change }) => change !== "unchanged");
  return news.length === 0 ? candidates : news;
}

/**
 * Makes as many messages as the news need, at most MESSAGES_AT_ONCE. If there is only one, other
 * alerts of the group fill its room.
 *
 * @param isPaid true if the first message is part of an earlier one that the budget let pass
 */
function* send(
  group: Group,
  unordered: readonly News[],
  others: readonly News[],
  notification: Notification,
  context: FlushContext,
  isPaid = false,
): Pieces<Rest | undefined> {
  const { action, traits } = notification;
  const { budget, now } = context;
  const news = traits.isImmediate || isPaid ? unordered : ordered(unordered, context);
  const parts = chunksOf(news.slice(0, MESSAGES_AT_ONCE * traits.maxAlerts), traits.maxAlerts);
  const rest = news.slice(MESSAGES_AT_ONCE * traits.maxAlerts);
  for (const { alert } of news) countAsSent(alert, action, budget.state);
  group.notifiedAtMs.set(action, now.ms);
  const isSingle = parts.length === 1 && rest.length === 0 && !isPaid;
  for (const [index, part] of parts.entries()) {
    const sent = index === 0 ? part : stillNews(group, part, notification, context);
    if (sent.length === 0) continue;
    for (const each of sent) countAsNotified(group, each, action, context);
    if (isPaid || index > 0) pay(sent, notification, context);
    const content = contentOf(group, sent, isSingle ? others : [], notification, context);
    yield { action, content, news: sent.map(({ alert }) => alert) };
  }
  return restOf(rest, notification, !traits.isImmediate);
}

function pay(sent: readonly News[], { action, traits }: Notification, { budget, now }: FlushContext): void {
  const rule = sent[0]?.alert.rule;
  if (!traits.isImmediate && rule !== undefined) payBudget(budget.state, budget.limits, rule, action, now.ms);
}

/** Returns the news that are still news after other work used the thread. */
function stillNews(
  group: Group,
  news: readonly News[],
  notification: Notification,
  context: FlushContext,
): readonly News[] {
  const alerts = news.map(({ alert }) => alert);
  return candidatesFor(group, alerts, notification.action, context).filter((each) => isPartOf(notification, each));
}

function ordered(news: readonly News[], { guard }: FlushContext): readonly News[] {
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
  news: readonly News[],
  others: readonly News[],
  { action, traits, reason }: Notification,
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
        () => messageEvent(event, alert, change, now.unixMs),
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

/** Remembers that the action was notified of the alert as it is now. */
function countAsNotified({ key }: Group, { alert, change }: News, action: string, context: FlushContext): void {
  const { budget, targets, touchNotified } = context;
  touchNotified(alert, action);
  countAsSent(alert, action, budget.state);
  alert.toNotify = withoutKey(alert.toNotify, action);
  const { status, level } = alert.event;
  if (status === "resolved" || change === "left") {
    alert.notified = withoutKey(alert.notified, action);
    alert.endNotified = withItem(alert.endNotified, action);
  } else {
    alert.endNotified = withoutItem(alert.endNotified, action);
    const before = alert.notified.get(action)?.routedLevel ?? level;
    const routedLevel = targets(alert).includes(action) ? level : before;
    alert.notified = notifiedOf(alert.notified, action, { group: key, level, routedLevel });
  }
}

/** Removes an alert from the count of held back changes, if it did not change since. */
function countAsSent(alert: OpenAlert, action: string, state: BudgetState): void {
  const { status, level } = alert.event;
  if (alert.suppressed.get(action) === `${status} ${level}`) countSuppressed(state, action, alert.rule, -1);
  alert.suppressed = withoutKey(alert.suppressed, action);
}

/** Returns the notifications of an alert with a further one. */
function notifiedOf(before: Notified, action: string, last: LastNotification): Notified {
  const { group, level, routedLevel } = last;
  const other = previous.last;
  const isSame =
    before === previous.before &&
    action === previous.action &&
    group === other?.group &&
    level === other.level &&
    routedLevel === other.routedLevel;
  if (!isSame) previous = { before, action, last, after: withEntry(before, action, last) };
  return previous.after;
}

type Notified = OpenAlert["notified"];

/** Caches the last result: the alerts of a message mostly have the same notifications. */
let previous: {
  readonly before: Notified;
  readonly action: string;
  readonly last?: LastNotification;
  readonly after: Notified;
} = { before: emptyMap(), action: "", after: emptyMap() };
