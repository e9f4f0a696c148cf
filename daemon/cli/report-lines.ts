import { visible, visibleText } from "../../bpf/source/visible.ts";
import type { LossHistory, RuleHistory, WeeklyReport } from "../store/history-answers.ts";
import { durationText } from "../text/duration-text.ts";
import { counted } from "../text/terminal-text.ts";
import { tableLines, type TableColumn } from "../try/table.ts";
import { inSeconds } from "./history-lines.ts";
import { labelsText, lostText } from "../api/values-text.ts";

/** One key that fires this often within an hour flaps. */
const FLAPS = 3;
/** The widest report: a mail is read at this width. */
const MAIL_COLUMNS = 100;

/** Formats `bpfwarden report`: a heading and a table for each part that is not empty. */
export function reportLines(report: WeeklyReport, width: number): readonly string[] {
  const { since, until, alerts, drills, rules, keys, neverFired, heldBack, receivers, losses } = report;
  const columns = Math.min(width, MAIL_COLUMNS);
  const flapping = rules.filter(({ mostWithinHour }) => mostWithinHour >= FLAPS);
  return [
    `${counted(alerts, "alert")} from ${inSeconds(since)} to ${inSeconds(until)}${drills === 0 ? "" : `, and ${counted(drills, "drill")}`}`,
    ...part("Rules, the noisiest first", rules.length, () => tableLines(ruleTable(rules), columns)),
    ...list(
      `Flapping: a key that fired ${FLAPS} times or more within an hour`,
      flapping.map((rule) => `${nameOf(rule)}: ${rule.mostWithinHour} times`),
    ),
    ...list(
      "Keys that fired most",
      keys.map(({ alertname, labels, alerts: count }) => `${visible(alertname)}${labelsText(labels)}: ${count} times`),
    ),
    ...list(
      "Held back",
      heldBack.map(
        ({ stage, reason, alerts: count }) => `${counted(count, "alert")} by ${stage}: ${visibleText(reason)}`,
      ),
    ),
    ...part("Messages", receivers.length, () => tableLines(receiverTable(receivers), columns)),
    ...list("Lost", losses.map(lossText)),
    ...list("Rules that never fired", neverFired?.map(visible) ?? []),
    ...(neverFired === undefined ? ["", "No daemon runs: rules that never fired are not known."] : []),
  ];
}

function part(title: string, count: number, linesOf: () => readonly string[]): readonly string[] {
  return count === 0 ? [] : ["", title, ...linesOf().map((line) => `  ${line}`)];
}

const list = (title: string, lines: readonly string[]): readonly string[] => part(title, lines.length, () => lines);

function nameOf({ alertname, rule }: Pick<RuleHistory, "alertname" | "rule">): string {
  return visible(alertname === rule ? rule : `${alertname} of ${rule}`);
}

function ruleTable(rules: readonly RuleHistory[]): readonly TableColumn[] {
  const number = (title: string, of: (rule: RuleHistory) => number | string): TableColumn => ({
    ...{ title, align: "right" },
    cells: rules.map((rule) => String(of(rule))),
  });
  const time = (ms: number | undefined): string => (ms === undefined ? "" : durationText(ms * 1e6));
  return [
    { title: "RULE", align: "left", cells: rules.map(nameOf), least: 16 },
    number("ALERTS", ({ alerts }) => alerts),
    number("FIRING", ({ firing }) => firing),
    number("MEDIAN", ({ medianMs }) => time(medianMs)),
    number("LONGEST", ({ longestMs }) => time(longestMs)),
    number("HELD BACK", ({ heldBack }) => heldBack),
    number("NOT NOTIFIED", ({ notNotified }) => notNotified),
  ];
}

function receiverTable(receivers: WeeklyReport["receivers"]): readonly TableColumn[] {
  type Receiver = WeeklyReport["receivers"][number];
  const number = (title: string, of: (receiver: Receiver) => number): TableColumn => ({
    ...{ title, align: "right" },
    cells: receivers.map((receiver) => String(of(receiver))),
  });
  return [
    { title: "ACTION", align: "left", cells: receivers.map(({ receiver }) => receiver) },
    number("DELIVERED", ({ delivered }) => delivered),
    number("WAITING", ({ waiting }) => waiting),
    number("FAILED", ({ failed }) => failed),
    number("DROPPED", ({ dropped }) => dropped),
    { title: "LAST ERROR", align: "left", cells: receivers.map(({ error = "" }) => visibleText(error)), least: 10 },
  ];
}

const NOTHING = {
  ...{ lostEvents: 0, keysOverLimit: 0, faultedReads: 0, orphanedSpans: 0, skippedRuns: 0, lateTicks: 0 },
  windowFilled: 1,
} as const;

const lossText = ({ rule, what, count }: LossHistory): string =>
  `${visible(rule)}: ${lostText({ ...NOTHING, [what]: count })}`;
