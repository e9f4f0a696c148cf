import { visible } from "../../bpf/source/visible.ts";
import type { DecisionReport, KeyReport, RuleReport } from "../api/status-report.ts";
import { bytesText } from "../notify/number-text.ts";
import { durationText } from "../sample/duration-text.ts";
import { labelsText, lostText, valuesText } from "./status-lines.ts";

/** So many keys are shown with all that is known of them; `--json` has them all. */
const SHOWN_KEYS = 10;

/** What `bpfwarden status RULE` shows: the rule, and of its keys why they do or do not fire, and were or were not told. */
export function ruleLines(report: RuleReport): readonly string[] {
  const { rule, path, description, probes, cost, degraded, confidence, keys, alerts, omitted, actions } = report;
  const shown = alerts.filter(
    ({ alertname, state }, index) => index < SHOWN_KEYS || alertname !== rule || state === "firing",
  );
  const left = alerts.length - shown.length + omitted;
  const { runs = 0, runTimeNs = 0 } = cost;
  return [
    `${rule}: ${report.state}${report.level === undefined ? "" : ` ${report.level}`}${description === undefined ? "" : `  ${visible(description)}`}`,
    ...line("File", visible(path)),
    ...line("Probes", probes.join(", ")),
    ...thresholdLines(report),
    ...line("Actions", actions.join(", ")),
    ...line(
      "Kernel",
      `${bytesText(cost.kernelBytes)}${runs === 0 ? "" : `, ${runs} runs of ${durationText(runTimeNs / runs)}`}`,
    ),
    ...line("Lost", lostText(confidence)),
    ...line("Degraded", degraded === undefined ? "" : visible(degraded)),
    ...line("Keys", `${keys.all}: ${keys.firing} firing, ${keys.pending} pending, ${keys.noData} without data`),
    ...shown.flatMap((key) => keyLines(key, report.durations)),
    ...(left === 0 ? [] : ["", `${left} more keys; --json shows them`]),
  ];
}

function thresholdLines({ threshold, forMs, keepFiringMs, windowMs, noData }: RuleReport): readonly string[] {
  const conditions = Object.entries(threshold);
  if (conditions.length === 0) return line("Threshold", "none: its records go to its actions as they come");
  const times = [
    `over ${durationText(windowMs * 1e6)}`,
    ...(forMs === 0 ? [] : [`for ${durationText(forMs * 1e6)}`]),
    ...(keepFiringMs === 0 ? [] : [`keep_firing ${durationText(keepFiringMs * 1e6)}`]),
    `no_data ${noData}`,
  ];
  return [...conditions.flatMap(([name, text]) => line(name, text)), ...line("Judged", times.join(", "))];
}

function keyLines(key: KeyReport, durations: readonly string[]): readonly string[] {
  const { alertname, labels, state, level, startsAt, reason, values, decisions } = key;
  const since = startsAt === undefined ? "" : ` since ${startsAt}`;
  return [
    "",
    `${alertname}${labelsText(labels)}: ${state}${level === undefined ? "" : ` ${level}`}${since}`,
    ...line("  Because", visible(reason)),
    ...line("  Values", valuesText(values, durations)),
    ...decisionLines(decisions),
  ];
}

/** `route passed: to oncall in {}:{alertname="x"}`, one line a stage and action. */
export function decisionLines(decisions: readonly DecisionReport[]): readonly string[] {
  return decisions.flatMap(({ stage, outcome, reason, action }) =>
    line(`  ${stage}`, `${outcome}${action === undefined ? "" : ` for ${action}`}: ${visible(reason)}`),
  );
}

function line(name: string, value: string): readonly string[] {
  return value === "" ? [] : [`${`${name}:`.padEnd(12)} ${value}`];
}
