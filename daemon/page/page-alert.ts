import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import { boundText } from "../evaluate/formula/bound-text.ts";
import { shownText } from "../evaluate/formula/shown-text.ts";
import { LEVELS } from "../rules/levels.ts";
import { numberText } from "../text/number-text.ts";
import { confidenceText, doubtsOf } from "../notify/message/doubts.ts";
import { judgedText } from "../notify/message/lead-line.ts";
import { silenceCommand } from "../notify/message/silence-command.ts";
import { bareSummary, isDefaultSummary } from "../notify/message/summary-text.ts";
import type { FiringAlert } from "../notify/stages/firing-alerts.ts";
import type { EventRecord, EventValue } from "../sample/sample.ts";
import { utcTimeOfDay } from "../text/time-text.ts";
import type { PageAlert, PageFact, PageOther } from "./page-report.ts";
import { shown, shownLabels, webLink } from "./shown.ts";

/** The most alerts in the overview; the rules' views have further ones. */
export const MOST_ALERTS = 100;
/** The most alerts of one rule beside its worst. */
const MOST_OTHERS = 8;
/** The most records of a key below its alert. */
const MOST_EVIDENCE = 5;
/** The most characters of a line that holds many labels or fields. */
const LONG = 1000;

/**
 * Describes firing alerts and notices, those of one rule together.
 *
 * @param alerts the worst first
 * @param rules the names of the rules that run
 */
export function pageAlerts(alerts: readonly FiringAlert[], rules: ReadonlySet<string>): readonly PageAlert[] {
  const groups = [...Map.groupBy(alerts, ({ event }) => event.rule).values()];
  return groups.map((group) => pageAlert(group.toSorted(worstFirst), rules)).toSorted(rulesFirst);
}

function worstFirst({ event: one }: FiringAlert, { event: other }: FiringAlert): number {
  const byLevel = LEVELS.indexOf(other.level) - LEVELS.indexOf(one.level);
  return byLevel === 0 ? worth(other) - worth(one) || 0 : byLevel;
}

function worth({ judged }: AlertEvent): number {
  const value = judged?.value ?? 0;
  return judged?.worst === "lowest" ? -value : value;
}

/** Orders by severity; of the same, what rules found comes before what the daemon says of itself. */
function rulesFirst(one: PageAlert, other: PageAlert): number {
  const byLevel = LEVELS.indexOf(other.level) - LEVELS.indexOf(one.level);
  const isNotice = ({ id, rule }: PageAlert): number => (id === rule ? 0 : 1);
  return byLevel === 0 ? isNotice(one) - isNotice(other) : byLevel;
}

function pageAlert(group: readonly FiringAlert[], rules: ReadonlySet<string>): PageAlert {
  const [worst, ...others] = group as readonly [FiringAlert, ...FiringAlert[]];
  const { event, heldBy, notified } = worst;
  const { rule, labels, level, reason, judged, confidence, startsAtUnixMs, runbook } = event;
  const about = rules.has(rule) ? rule : (labels["rule"] ?? "");
  return {
    ...{ id: rule, rule: rules.has(about) ? about : "", level, startsAtUnixMs },
    others: others.slice(0, MOST_OTHERS).map(pageOther),
    omitted: Math.max(0, others.length - MOST_OTHERS),
    labels: keyText(event),
    summary: isDefaultSummary(event) ? "" : shown(bareSummary(event), LONG),
    reason: shown(reason, LONG),
    judged: judged === undefined ? "" : shown(judgedText(judged)),
    values: shown(valuesOf(event)),
    confidence: confidenceText(confidence),
    isDoubtful: doubtsOf(confidence).length > 0,
    topKeys: topKeysOf(event),
    notified,
    heldBy: heldBy.map(({ stage, reason: why }) => shown(`${stage}: ${why}`)),
    runbook: webLink(runbook),
    silence: shown(silenceCommand(event), LONG),
    evidence: (event.evidence ?? []).slice(-MOST_EVIDENCE).toReversed().map(recordText),
  };
}

function pageOther({ event, heldBy }: FiringAlert): PageOther {
  const { level, startsAtUnixMs, judged, reason } = event;
  const text = shown(judged === undefined ? reason : judgedText(judged));
  return { level, labels: keyText(event), text, startsAtUnixMs, isHeld: heldBy.length > 0 };
}

const keyText = ({ key, labels }: AlertEvent): string => shownLabels(key ?? labels);

/** Returns the values beside the one that the threshold compares. */
function valuesOf({ values, units, judged }: AlertEvent): string {
  const others = Object.entries(values).filter(([name]) => name !== judged?.name);
  const texts = others.map(([name, value]) => {
    const unit = units?.[name] ?? "number";
    if (value === undefined) return `${name} no data`;
    if (typeof value === "number") return `${name} ${shownText(value, unit)}`;
    const measures = (["p50", "p99"] as const).flatMap((measure) => {
      const number = value[measure];
      return number === null ? [] : [`${measure} ${boundText(value.beyond?.[measure], shownText(number, unit))}`];
    });
    return `${name} ${[...measures, `count ${numberText(value.count)}`].join(", ")}`;
  });
  return texts.join("; ");
}

/** Returns the worst keys, if the alert's key is not the only one. */
function topKeysOf({ topKeys = [], judged }: AlertEvent): readonly PageFact[] {
  if (judged === undefined || topKeys.length < 2) return [];
  return topKeys.map(({ labels, value, beyond }) => ({
    name: shownLabels(labels),
    value: boundText(beyond, shownText(value, judged.unit)),
  }));
}

function recordText({ timeNs, fields }: EventRecord): string {
  const texts = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  return shown(`${utcTimeOfDay(Number(timeNs / 1_000_000n))} ${texts.join(" ")}`, LONG);
}

function fieldText(value: EventValue): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : JSON.stringify(value);
}
