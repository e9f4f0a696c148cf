import { visible, visibleText } from "../../bpf/source/visible.ts";
import type { DecisionReport, KeyReport, RuleCost, RuleReport } from "../api/status-report.ts";
import { bytesText, percentText } from "../text/number-text.ts";
import { durationText } from "../text/duration-text.ts";
import { tracepointLines } from "./tracepoint-lines.ts";
import { labelsText, lostText, type ShownValues, valuesText } from "../api/values-text.ts";

/** The number of keys that are shown in full; `--json` has all. */
const SHOWN_KEYS = 10;

/**
 * Formats `bpfwarden status RULE`: the rule, and for its keys why they fire or not, and why
 * receivers were notified or not.
 */
export function ruleLines(report: RuleReport): readonly string[] {
  const { rule, path, description, probes, cost, degraded, confidence, keys, alerts, omitted, actions } = report;
  const shown = alerts.filter(
    ({ alertname, state }, index) => index < SHOWN_KEYS || alertname !== rule || state === "firing",
  );
  const left = alerts.length - shown.length + omitted;
  return [
    `${rule}: ${report.state}${report.level === undefined ? "" : ` ${report.level}`}${description === undefined ? "" : `  ${visible(description)}`}`,
    ...line("File", visible(path)),
    ...line("Probes", probes.join(", ")),
    ...tracepointLines(report.tracepoints ?? []).flatMap((text) => line("Attached", text)),
    ...thresholdLines(report),
    ...decidedLine(report),
    ...line("Actions", actions.join(", ")),
    ...line("Kernel", costText(cost)),
    ...line("Lost", lostText(confidence)),
    ...line("Degraded", degraded === undefined ? "" : visible(degraded)),
    ...(report.notFollowed ?? []).flatMap((note) => line("Not followed", visible(note))),
    ...line("Keys", `${keys.all}: ${keys.firing} firing, ${keys.pending} pending, ${keys.noData} without data`),
    ...shown.flatMap((key) => keyLines(key, report)),
    ...(left === 0 ? [] : ["", `${left} more keys; --json shows them`]),
  ];
}

/** Says what a rule costs: its memory, its CPU time, and the length of a run. */
function costText({ kernelBytes, cpu, runs = 0, runTimeNs = 0 }: RuleCost): string {
  return [
    bytesText(kernelBytes),
    ...(cpu === undefined ? [] : [`${percentText(cpu)} of a CPU`]),
    ...(runs === 0 ? [] : [`${durationText(runTimeNs / runs)} a run`]),
  ].join(", ");
}

function thresholdLines({ threshold, forMs, keepFiringMs, windowMs, noData }: RuleReport): readonly string[] {
  const conditions = Object.entries(threshold);
  if (conditions.length === 0) return line("Threshold", "none: each record is sent to its actions");
  const times = [
    `over ${durationText(windowMs * 1e6)}`,
    ...(forMs === 0 ? [] : [`for ${durationText(forMs * 1e6)}`]),
    ...(keepFiringMs === 0 ? [] : [`keep_firing ${durationText(keepFiringMs * 1e6)}`]),
    noData === "end" ? "a key without data ends" : `no_data ${noData}`,
  ];
  return [...conditions.flatMap(([name, text]) => line(name, text)), ...line("Judged", times.join(", "))];
}

function decidedLine({ decided }: RuleReport): readonly string[] {
  if (decided === undefined) return [];
  return line("Decided", decided.because === undefined ? decided.when : `${decided.when}: ${decided.because}`);
}

function keyLines(key: KeyReport, shown: ShownValues): readonly string[] {
  const { alertname, labels, state, level, startsAt, reason, values, decisions } = key;
  const since = startsAt === undefined ? "" : ` since ${startsAt}`;
  return [
    "",
    `${alertname}${labelsText(labels)}: ${state}${level === undefined ? "" : ` ${level}`}${since}`,
    ...line("  Because", visibleText(reason)),
    ...line("  Values", valuesText(values, shown)),
    ...decisionLines(decisions),
  ];
}

/**
 * Formats decisions, one line for each stage and action: `route: passed at
 * 2026-11-26T08:00:00.000Z: to oncall in {}:{alertname="x"}`.
 */
export function decisionLines(decisions: readonly DecisionReport[]): readonly string[] {
  return decisions.flatMap(({ stage, outcome, reason, action, at }) =>
    line(`  ${stage}`, `${outcome}${action === undefined ? "" : ` for ${action}`} at ${at}: ${visibleText(reason)}`),
  );
}

function line(name: string, value: string): readonly string[] {
  return value === "" ? [] : [`${`${name}:`.padEnd(12)} ${value}`];
}
