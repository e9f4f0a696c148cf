import type { AlertState } from "../evaluate/alerts/alert.ts";
import type { AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import { alertId } from "../notify/stages/alert-labels.ts";
import type { AlertDecisions } from "../notify/stages/decision-log.ts";
import type { Decision } from "../notify/stages/stage.ts";
import { timeText } from "../text/time-text.ts";
import { LEVELS } from "../rules/levels.ts";
import type { Level } from "../rules/rule-syntax.ts";
import type { RuleStatus } from "./rule-status.ts";
import { MAX_KEYS, type DecisionReport, type KeyReport, type RuleReport, type RuleSummary } from "./status-report.ts";

/** States from the best to the worst. */
const STATES: readonly AlertState[] = ["ok", "no_data", "pending", "degraded", "firing"];

/** Summarizes one rule over all its keys. */
export function ruleSummary({
  name,
  path,
  views,
  degraded,
  notFollowed,
  seriesLeftOut,
  probes,
  cost,
  confidence,
  durations,
  measures,
}: RuleStatus): RuleSummary {
  const all = views();
  const worst = all.toSorted(worstFirst)[0];
  const count = (state: AlertState): number => all.filter((view) => view.state === state).length;
  const level = highest(all.flatMap((view) => view.level ?? []));
  const isKeyed = worst !== undefined && all.length > 1;
  return {
    ...{ rule: name, path, probes, cost, confidence, durations, measures },
    state: worst?.state === "firing" ? "firing" : degraded === undefined ? (worst?.state ?? "ok") : "degraded",
    ...(level !== undefined && { level }),
    ...(degraded !== undefined && { degraded }),
    ...(notFollowed.length > 0 && { notFollowed }),
    ...(seriesLeftOut > 0 && { seriesLeftOut }),
    keys: { all: all.length, pending: count("pending"), firing: count("firing"), noData: count("no_data") },
    values: worst?.values ?? {},
    ...(isKeyed && { labels: worst.labels }),
  };
}

/**
 * Reports everything about a rule. `decisions` are those of the notification stages about its
 * alerts.
 */
export function ruleReport(
  status: RuleStatus,
  decisions: readonly AlertDecisions[],
  actions: readonly string[],
): RuleReport {
  const views = status.views().toSorted(worstFirst);
  const byId = new Map(decisions.map((each) => [each.id, each]));
  const { rule, threshold, decided, tracepoints } = status;
  return {
    ...ruleSummary(status),
    ...(rule.description !== undefined && { description: rule.description }),
    ...(decided && { decided }),
    ...{ threshold, windowMs: rule.windowMs, forMs: rule.forMs, keepFiringMs: rule.keepFiringMs },
    noData: rule.noData ?? (rule.program.by.length > 0 ? "end" : "keep"),
    actions,
    ...(tracepoints.length > 0 && { tracepoints }),
    alerts: [
      ...views.slice(0, MAX_KEYS).map((view) => keyReport(view, byId.get(alertId(view))?.decisions ?? [])),
      ...decisions.filter((each) => each.alertname !== status.name).map(noticeReport),
    ],
    omitted: Math.max(0, views.length - MAX_KEYS),
  };
}

function keyReport(view: AlertView, decisions: readonly Decision[]): KeyReport {
  const { rule, labels, state, level, startsAtUnixMs, reason, values } = view;
  return {
    ...{ alertname: rule, labels, state, reason, values },
    ...(level !== undefined && { level }),
    ...(startsAtUnixMs !== undefined && { startsAt: timeText(startsAtUnixMs) }),
    decisions: decisions.map(decisionReport),
  };
}

function noticeReport({ alertname, labels, status, decisions }: AlertDecisions): KeyReport {
  const state = status === "firing" ? "firing" : "ok";
  const reason = status === "firing" ? "a notice about the rule" : "the notice has ended";
  return { alertname, labels, state, reason, values: {}, decisions: decisions.map(decisionReport) };
}

export function decisionReport({ stage, outcome, reason, action, atUnixMs }: Decision): DecisionReport {
  return { stage, outcome, reason, ...(action !== undefined && { action }), at: timeText(atUnixMs) };
}

function worstFirst(a: AlertView, b: AlertView): number {
  const byState = STATES.indexOf(b.state) - STATES.indexOf(a.state);
  if (byState !== 0) return byState;
  const byLevel = levelRank(b.level) - levelRank(a.level);
  return byLevel === 0 ? firstValue(b) - firstValue(a) || 0 : byLevel;
}

const levelRank = (level: Level | undefined): number => (level === undefined ? -1 : LEVELS.indexOf(level));

function highest(levels: readonly Level[]): Level | undefined {
  return LEVELS.findLast((level) => levels.includes(level));
}

/**
 * Returns the value that the threshold compares, so that the worst comes first; without a threshold
 * the first value.
 */
function firstValue({ judged, values }: AlertView): number {
  if (judged?.value !== undefined) return judged.worst === "lowest" ? -judged.value : judged.value;
  if (judged !== undefined) return -Infinity;
  const [first] = Object.values(values);
  return typeof first === "number" ? first : (first?.count ?? -Infinity);
}
