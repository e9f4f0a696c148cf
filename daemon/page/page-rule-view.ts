import { lostText } from "../api/values-text.ts";
import type { DecisionReport } from "../api/status-report.ts";
import { decisionReport } from "../api/rule-report.ts";
import { type AlertView, viewsOf } from "../evaluate/alerts/alert-lifecycle.ts";
import { worstKeys } from "../evaluate/alerts/worst-keys.ts";
import { alertId } from "../notify/stages/alert-labels.ts";
import type { AlertDecisions } from "../notify/stages/decision-log.ts";
import { durationText } from "../text/duration-text.ts";
import { bytesText, percentText } from "../text/number-text.ts";
import type { PageDecision, PageFact, PageHeat, PageKey, PageRuleView } from "./page-report.ts";
import { ruleState, valueText } from "./page-rule.ts";
import type { PageSource, PageSubject } from "./page-source.ts";
import { shown, shownLabels } from "./shown.ts";

/** The most keys of a rule's view. */
const MOST_KEYS = 50;
/** The most probes by name. */
const MOST_PROBES = 20;
/** The most ended notices of a rule. */
const MOST_NOTICES = 10;

/** Returns the view of one rule: why it fires or not, and why receivers were notified or not. */
export function pageRuleView(source: PageSource, name: string, heat: PageHeat | undefined): PageRuleView {
  const subject = source.rules().find((rule) => rule.name === name);
  if (subject === undefined) return notRunning(source, name);
  const { state, status } = subject;
  const decisions = source.decisions(name);
  const byId = new Map(decisions.map((each) => [each.id, each]));
  const worst = worstKeys(state, MOST_KEYS).keys;
  const views = viewsOf(state, worst);
  const notices = decisions.filter(({ alertname }) => alertname !== name).slice(0, MOST_NOTICES);
  return {
    ...{ id: name, runs: true, why: "", ...ruleState(views[0], status.degraded) },
    description: shown(status.rule.description ?? "", 2000),
    facts: factsOf(source, subject),
    thresholds: Object.entries(status.threshold).map(([level, text]) => ({ name: level, value: shown(text) })),
    keys: [
      ...views.map((view, index) => pageKey(view, worst[index]?.labels ?? {}, status, byId.get(alertId(view)))),
      ...notices.map(noticeKey),
    ],
    omitted: Math.max(0, state.keys.size - views.length),
    ...(heat !== undefined && { heat }),
  };
}

function notRunning(source: PageSource, name: string): PageRuleView {
  const { notices } = source.standing();
  const why = notices.find(({ labels }) => labels["rule"] === name)?.reason ?? `no rule "${name}" runs`;
  const empty = { description: "", facts: [], thresholds: [], keys: [], omitted: 0 };
  return { id: name, runs: false, why: shown(why), state: "no_data", ...empty };
}

function factsOf(source: PageSource, { name, status }: PageSubject): readonly PageFact[] {
  const { path, rule, probes, tracepoints, degraded, notFollowed, confidence, decided } = status;
  const shownProbes = [...probes.slice(0, MOST_PROBES), ...(probes.length > MOST_PROBES ? ["…"] : [])];
  const attached = [...new Set(tracepoints.map(({ attach }) => attach))];
  return [
    ...fact("File", path),
    ...fact(`Probes (${probes.length})`, shownProbes.join(", ")),
    ...fact("Attached as", attached.join(", ")),
    ...fact("Judged", judgedText(status)),
    ...fact("Decided", decided === undefined ? "" : [decided.when, decided.because ?? ""].filter(Boolean).join(": ")),
    ...fact("Actions", source.actionsOf(name).join(", ")),
    ...fact("Kernel", costText(status)),
    ...fact("Lost", lostText(confidence)),
    ...fact("Degraded", degraded ?? ""),
    ...(notFollowed.length === 0 ? [] : fact("Not followed", notFollowed.join("; "))),
    ...fact("Runbook", rule.runbook ?? ""),
  ];
}

function fact(name: string, value: string): readonly PageFact[] {
  return value === "" ? [] : [{ name, value: shown(value, 2000) }];
}

function judgedText({ rule, threshold }: PageSubject["status"]): string {
  if (Object.keys(threshold).length === 0) return "";
  const { windowMs, forMs, keepFiringMs } = rule;
  return [
    `over ${durationText(windowMs * 1e6)}`,
    ...(forMs === 0 ? [] : [`for ${durationText(forMs * 1e6)}`]),
    ...(keepFiringMs === 0 ? [] : [`keep_firing ${durationText(keepFiringMs * 1e6)}`]),
  ].join(", ");
}

function costText({ cost: { kernelBytes, cpu, runs = 0, runTimeNs = 0 } }: PageSubject["status"]): string {
  return [
    bytesText(kernelBytes),
    ...(cpu === undefined ? [] : [`${percentText(cpu)} of a CPU`]),
    ...(runs === 0 ? [] : [`${durationText(runTimeNs / runs)} a run`]),
  ].join(", ");
}

function pageKey(
  view: AlertView,
  labels: AlertView["labels"],
  status: PageSubject["status"],
  decided: AlertDecisions | undefined,
): PageKey {
  const { rule, state, level, startsAtUnixMs, reason } = view;
  return {
    ...{ name: rule, labels: shownLabels(labels), state, reason: shown(reason) },
    ...(level !== undefined && { level }),
    ...(startsAtUnixMs !== undefined && { startsAtUnixMs }),
    value: shown(valueText(view, status)),
    decisions: (decided?.decisions ?? []).map((decision) => pageDecision(decisionReport(decision))),
  };
}

function noticeKey({ alertname, labels, status, decisions }: AlertDecisions): PageKey {
  const isFiring = status === "firing";
  return {
    ...{ name: alertname, labels: shownLabels(labels), state: isFiring ? "firing" : "ok", value: "" },
    reason: isFiring ? "a notice about the rule" : "the notice has ended",
    decisions: decisions.map((decision) => pageDecision(decisionReport(decision))),
  };
}

function pageDecision({ stage, outcome, action = "", at, reason }: DecisionReport): PageDecision {
  return { stage, outcome, action, at, reason: shown(reason) };
}
