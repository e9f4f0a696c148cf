import { visible, visibleText } from "../../bpf/source/visible.ts";
import { shownText } from "../evaluate/formula/shown-text.ts";
import type { ShownUnit } from "../evaluate/formula/shown-unit.ts";
import type { HeldEntry, HistoryEntry, HistoryReport, NotifiedEntry } from "../store/history-answers.ts";
import { durationText } from "../text/duration-text.ts";
import { labelsText } from "../api/values-text.ts";

/** Formats `bpfwarden history`: some lines for each alert. */
export function historyLines({ alerts, omitted, since, until }: HistoryReport): readonly string[] {
  if (alerts.length === 0) return [`no alert fired from ${inSeconds(since)} to ${inSeconds(until)}`];
  const more =
    omitted === 0 ? [] : [`${omitted} earlier alerts are not listed: choose with --limit, --since or --rule`, ""];
  return [...more, ...alerts.flatMap((alert, index) => [...(index === 0 ? [] : [""]), ...entryLines(alert)])];
}

function entryLines(alert: HistoryEntry): readonly string[] {
  const { alertname, rule, labels, peak, firedAt, endedAt, lastedMs, reason, endReason = "", drill } = alert;
  const lasted = durationText(lastedMs * 1e6);
  const about = rule === alertname || labels["rule"] === rule ? labels : { ...labels, rule };
  const state = endedAt === undefined ? `fires for ${lasted} now` : `fired for ${lasted}`;
  return [
    `${inSeconds(firedAt)}  ${peak}  ${visible(alertname)}${labelsText(about)}  ${state}${drill ? "  (drill)" : ""}`,
    ...line("Because", visibleText(reason)),
    ...(alert.pendingAt === undefined ? [] : line("Pending", `since ${inSeconds(alert.pendingAt)}`)),
    ...line("Worst", worstText(alert)),
    ...alert.levels.flatMap(({ at, level, reason: why }) =>
      line("Level", `${level} at ${inSeconds(at)}: ${visibleText(why)}`),
    ),
    ...(endedAt === undefined ? [] : line("Ended", `${inSeconds(endedAt)}: ${visibleText(endReason)}`)),
    ...(alert.notified.length === 0
      ? line("Notified", "nobody")
      : alert.notified.flatMap((each) => line("Notified", notifiedText(each)))),
    ...alert.heldBack.flatMap((each) => line("Held back", heldText(each))),
  ];
}

/** Formats the worst value: `p99 285ms at 2026-11-26T08:00:02Z`. */
export function worstText({ worst }: Pick<HistoryEntry, "worst">): string {
  if (worst === undefined) return "";
  return `${worst.name} ${shownText(worst.value, worst.unit as ShownUnit)} at ${inSeconds(worst.at)}`;
}

export function notifiedText({ receiver, status, at, outcome, settledAt, error }: NotifiedEntry): string {
  const made = `${receiver}, ${status}, at ${inSeconds(at)}`;
  if (settledAt === undefined) return `${made}: waiting`;
  return `${made}: ${outcome} at ${inSeconds(settledAt)}${error === undefined ? "" : `: ${visibleText(error)}`}`;
}

export function heldText({ stage, reason, receiver, at }: HeldEntry): string {
  return `${stage}${receiver === undefined ? "" : ` for ${receiver}`} since ${inSeconds(at)}: ${visibleText(reason)}`;
}

export const inSeconds = (time: string): string => time.replace(/\.\d+/, "");

function line(name: string, value: string): readonly string[] {
  return value === "" ? [] : [`  ${`${name}:`.padEnd(11)} ${value}`];
}
