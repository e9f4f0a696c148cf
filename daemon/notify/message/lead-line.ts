import type { AlertEvent, JudgedValue, PeakValue, TopKey } from "../../evaluate/alerts/alert.ts";
import type { ComparisonOperator } from "../../../bpf/language/expression.ts";
import { labelsText } from "../../text/labels-text.ts";
import { boundText } from "../../evaluate/formula/bound-text.ts";
import { shownText } from "../../evaluate/formula/shown-text.ts";
import { LEVELS } from "../../rules/levels.ts";
import { durationText } from "../../text/duration-text.ts";
import { settingsLabelsOf, type Labels } from "../stages/alert-labels.ts";
import { bareSummary } from "./summary-text.ts";
import { secondText, utcTimeOfDay } from "../../text/time-text.ts";

/** The number of worst keys in a lead; all known ones are listed below it. */
const LEAD_KEYS = 3;

/**
 * Says in one line to a person who was woken what is wrong, how bad it is, where, and since when:
 * `slow: p99 260ms > 20ms, highest: slowC 260ms, dd 12ms; critical {comm="slowC"} on web1 since
 * 2026-11-29T03:12:04Z (12s)`
 */
export function leadOf(alert: AlertEvent, settingsLabels: Labels): string {
  const { rule, judged, topKeys = [] } = alert;
  const keys = judged === undefined || alert.status === "resolved" ? "" : keysText(judged, topKeys);
  const what = judged === undefined ? bareSummary(alert) : `${judgedText(judged)}${keys}`;
  return `${rule}: ${what}; ${levelText(alert)}${placeText(alert, settingsLabelsOf(alert, settingsLabels))} ${timesText(alert)}`;
}

/**
 * Does the same for a list of the alerts of a host: `critical: slow: value 605 > 500 {comm="c15"}
 * since 2026-11-29T03:12:04Z`.
 */
export function shortLead(alert: AlertEvent): string {
  const { rule, judged } = alert;
  const what = judged === undefined ? bareSummary(alert) : judgedText(judged);
  return `${levelText(alert)}: ${rule}: ${what}${placeText(alert, {})} ${timesText(alert)}`;
}

/** Returns the place of an alert: its labels, and the host. */
function placeText({ labels }: AlertEvent, { instance }: Labels): string {
  const own = labelsText(labels);
  return `${own === "" ? "" : ` ${own}`}${instance === undefined ? "" : ` on ${instance}`}`;
}

function levelText({ status, level }: AlertEvent): string {
  return status === "firing" ? level : `resolved, was ${level}`;
}

/** Says since when an alert fires, or from when to when it fired. */
function timesText({ startsAtUnixMs, endsAtUnixMs, judged }: AlertEvent): string {
  const untilUnixMs = endsAtUnixMs ?? judged?.atUnixMs ?? startsAtUnixMs;
  const lasted = untilUnixMs - startsAtUnixMs;
  const length = lasted < 1000 ? "" : ` (${durationText(Math.round(lasted / 1000) * 1e9)})`;
  const from = secondText(startsAtUnixMs);
  return endsAtUnixMs === undefined ? `since ${from}${length}` : `from ${from} to ${secondText(endsAtUnixMs)}${length}`;
}

/**
 * Returns the value that the threshold compares, the limit, and the worst value: `p99 45ms > 20ms,
 * peak 260ms at 03:12:10Z`.
 */
export function judgedText(judged: JudgedValue): string {
  return `${comparedText(judged)}${peakText(judged)}`;
}

function comparedText({ name, unit, value, beyond, operator, limit }: JudgedValue): string {
  const shown = value === undefined ? "no data" : boundText(beyond, shownText(value, unit));
  if (operator === undefined || limit === undefined) return `${name} ${shown}`;
  const compared = `${operator} ${shownText(limit, unit)}`;
  if (value === undefined) return `${name} ${shown}, threshold ${compared}`;
  if (!HOLDS[operator](value, limit)) return `${name} ${shown}, not ${compared}`;
  // 90.02% and 90% read the same.
  const isClose = value !== limit && shown === shownText(limit, unit);
  return `${name} ${shown}${isClose ? ", just" : ""} ${compared}`;
}

const HOLDS: Readonly<Record<ComparisonOperator, (value: number, limit: number) => boolean>> = {
  "==": (value, limit) => value === limit,
  "!=": (value, limit) => value !== limit,
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
};

/** Returns the worst value. If that is the current one, it is not repeated. */
function peakText({ unit, value, worst, peak }: JudgedValue): string {
  if (peak === undefined || peak.value === value) return "";
  return `, ${worst === "highest" ? "peak" : "worst"} ${peakValueText(peak, unit)}`;
}

function peakValueText({ value, beyond, atUnixMs }: PeakValue, unit: JudgedValue["unit"]): string {
  return `${boundText(beyond, shownText(value, unit))} at ${utcTimeOfDay(atUnixMs)}`;
}

/**
 * Returns the worst keys: `, highest: slowC 260ms, dd 12ms`; an empty text if the alert's key is
 * the only one.
 */
function keysText({ worst, unit }: JudgedValue, topKeys: readonly TopKey[]): string {
  if (topKeys.length < 2) return "";
  const shown = topKeys.slice(0, LEAD_KEYS).map((key) => topKeyText(key, unit));
  return `, ${worst}: ${shown.join(", ")}`;
}

/** Returns a key with its value: `slowC 260ms`. */
export const topKeyText = ({ labels, value, beyond }: TopKey, unit: JudgedValue["unit"]): string =>
  `${keyName(labels)} ${boundText(beyond, shownText(value, unit))}`;

/** Returns a key by its one label's value, or by its labels if it has several. */
function keyName(labels: TopKey["labels"]): string {
  const values = Object.values(labels);
  return values.length === 1 ? (values[0] ?? "") : labelsText(labels);
}

/**
 * Says in one line what many alerts are, with the first of the worst: `slow: 12 firing (2 critical,
 * 10 warning), 1 resolved on web1 since 2026-11-29T03:12:04Z; worst: p99 260ms > 20ms
 * {comm="slowC"}`
 */
export function overviewOf(alerts: readonly AlertEvent[], { instance }: Labels): string {
  const rules = [...new Set(alerts.map(({ rule }) => rule))];
  const firing = alerts.filter(({ status }) => status === "firing");
  const ended = alerts.length - firing.length;
  const levels = LEVELS.toReversed().flatMap((level) => {
    const count = firing.filter((alert) => alert.level === level).length;
    return count === 0 ? [] : [`${count} ${level}`];
  });
  const counts = [
    ...(firing.length === 0 ? [] : [`${firing.length} firing (${levels.join(", ")})`]),
    ...(ended === 0 ? [] : [`${ended} resolved`]),
  ];
  const since = Math.min(...(firing.length > 0 ? firing : alerts).map(({ startsAtUnixMs }) => startsAtUnixMs));
  const place = instance === undefined ? "" : ` on ${instance}`;
  return `${rules.join(", ")}: ${counts.join(", ")}${place} since ${secondText(since)}${worstText(firing)}`;
}

/** Returns the worst of the alerts that fire. */
function worstText(firing: readonly AlertEvent[]): string {
  const level = LEVELS.findLast((each) => firing.some((alert) => alert.level === each));
  const worst = firing.find((alert) => alert.level === level);
  if (worst === undefined) return "";
  const labels = labelsText(worst.labels);
  return `; worst: ${worst.judged === undefined ? bareSummary(worst) : judgedText(worst.judged)}${labels === "" ? "" : ` ${labels}`}`;
}
