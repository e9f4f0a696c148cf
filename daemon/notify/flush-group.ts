import type { AlertEvent } from "../evaluate/alert.ts";
import type { BudgetSettings, RouteSettings } from "../settings/notify-settings.ts";
import { countSuppressed, judgeBudget, payBudget, takeSuppressed, type BudgetState } from "./budget.ts";
import type { FilterStage, StageAlert, Verdict } from "./decision.ts";
import type { DecisionLog } from "./decision-log.ts";
import { changeOf, needOf, type Change, type NotificationReason } from "./dedupe.ts";
import type { AlertsContent } from "./delivery.ts";
import type { Group, OpenAlert } from "./pipeline-state.ts";

/** When a step is: by a clock that runs on in suspend, and by the one that people read. */
export interface PipelineMoment {
  readonly ms: number;
  readonly unixMs: number;
}

/** What goes to an action. */
export interface Message {
  readonly action: string;
  readonly content: AlertsContent;
}

/** How an action wants its messages. */
export interface ActionTraits {
  /** a log: each change at once and by itself, without repeats and budget */
  readonly isImmediate: boolean;
  readonly maxAlerts: number;
}

/** What flushing a group needs besides the group. */
export interface FlushContext {
  readonly now: PipelineMoment;
  readonly route: RouteSettings;
  readonly filters: readonly FilterStage[];
  readonly budget: { readonly state: BudgetState; readonly limits: BudgetSettings };
  readonly log: DecisionLog;
  /** the actions to tell */
  readonly actions: ReadonlyMap<string, ActionTraits>;
  /** the actions that the group's route has for an alert now */
  readonly targets: (alert: OpenAlert) => readonly string[];
  readonly stageAlert: (alert: OpenAlert) => StageAlert;
  /** the alert with current values */
  readonly refresh: (alert: OpenAlert) => AlertEvent;
}

interface Entry {
  readonly alert: OpenAlert;
  readonly isHeld: boolean;
  readonly targets: readonly string[];
}

interface Told {
  readonly alert: OpenAlert;
  readonly change: Change;
}

/** The messages that are due for these alerts of a group. What they tell counts as heard from here on. */
export function flushGroup(group: Group, alerts: readonly OpenAlert[], context: FlushContext): readonly Message[] {
  const entries = alerts.map((alert): Entry => {
    return { alert, isHeld: isHeld(alert, context), targets: context.targets(alert) };
  });
  return [...context.actions].flatMap(([action, traits]) => flushAction(group, entries, action, traits, context));
}

/** All filters are asked, so that each one's verdict is known. */
function isHeld(alert: OpenAlert, { filters, now, log, stageAlert }: FlushContext): boolean {
  const asSeen = stageAlert(alert);
  let held = false;
  for (const { name, judge } of filters) {
    const verdict = judge(asSeen, now.unixMs);
    log.note(alert.id, name, verdict, now.unixMs);
    held ||= verdict.outcome === "held";
  }
  return held;
}

function flushAction(
  group: Group,
  entries: readonly Entry[],
  action: string,
  traits: ActionTraits,
  context: FlushContext,
): readonly Message[] {
  const told = entries.flatMap(({ alert, isHeld: isAlertHeld, targets }): readonly Told[] => {
    const change = isAlertHeld ? undefined : changeOf(alert, action, group.key, targets.includes(action));
    return change === undefined ? [] : [{ alert, change }];
  });
  if (told.length === 0) return [];
  const { now, route, log } = context;
  const changes = told.map(({ change }) => change);
  const repeatMs = traits.isImmediate ? Infinity : route.repeatMs;
  const { reason, verdict } = needOf(changes, group.notifiedAtMs.get(action), repeatMs, now.ms);
  for (const { alert } of told) log.note(alert.id, "dedupe", verdict, now.unixMs, action);
  if (reason === undefined) return [];
  if (!traits.isImmediate && !mayGo(group, told, action, context)) return [];
  return [{ action, content: commit(group, told, { action, traits, reason }, context) }];
}

/** Whether the budget lets a message go, which it then has paid for: the rule that may pays. Else what is held back is counted. */
function mayGo(group: Group, told: readonly Told[], action: string, context: FlushContext): boolean {
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
  for (const each of news) holdBack(group, each, action, budget.state);
  return false;
}

function holdBack({ key }: Group, { alert, change }: Told, action: string, state: BudgetState): void {
  if (change === "unchanged") return;
  const { status, level } = alert.event;
  if (change === "fired" && level === "critical") alert.owed.set(action, key);
  if (alert.heldBack.get(action) === `${status} ${level}`) return;
  alert.heldBack.set(action, `${status} ${level}`);
  countSuppressed(state, action, alert.rule, 1);
}

/** Those that changed; of a repeat all. */
function newsOf(told: readonly Told[]): readonly Told[] {
  const news = told.filter(({ change }) => change !== "unchanged");
  return news.length === 0 ? told : news;
}

interface Occasion {
  readonly action: string;
  readonly traits: ActionTraits;
  readonly reason: NotificationReason;
}

function commit(
  group: Group,
  told: readonly Told[],
  { action, traits, reason }: Occasion,
  { now, refresh, budget }: FlushContext,
): AlertsContent {
  const news = newsOf(told);
  const others = traits.isImmediate || news === told ? [] : told.filter(({ change }) => change === "unchanged");
  const shown = [...news, ...others].slice(0, traits.maxAlerts);
  const alerts = shown.map(({ alert, change }) => (change === "unchanged" ? refresh(alert) : alert.event));
  for (const each of news) hear(group, each, action, budget.state);
  group.notifiedAtMs.set(action, now.ms);
  return {
    kind: "alerts",
    rule: news[0]?.alert.rule ?? "",
    alerts,
    news: Math.min(news.length, shown.length),
    group: { key: group.key, labels: group.labels },
    openedAtUnixMs: group.openedAtUnixMs,
    reason,
    truncated: news.length + others.length - shown.length,
    suppressed: takeSuppressed(budget.state, action, new Set(news.map(({ alert }) => alert.rule))),
  };
}

/** The action knows now how the alert is. */
function hear({ key }: Group, { alert }: Told, action: string, state: BudgetState): void {
  const { status, level } = alert.event;
  if (alert.heldBack.get(action) === `${status} ${level}`) countSuppressed(state, action, alert.rule, -1);
  alert.heldBack.delete(action);
  alert.owed.delete(action);
  if (status === "firing") alert.heard.set(action, { group: key, level });
  else alert.heard.delete(action);
}
