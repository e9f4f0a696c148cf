import { labelsText } from "../api/values-text.ts";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import { boundText } from "../evaluate/formula/bound-text.ts";
import { shownText } from "../evaluate/formula/shown-text.ts";
import { numberText } from "../text/number-text.ts";
import { confidenceText, doubtsOf } from "../notify/message/doubts.ts";
import { judgedText } from "../notify/message/lead-line.ts";
import { silenceCommand } from "../notify/message/silence-command.ts";
import { bareSummary, isDefaultSummary } from "../notify/message/summary-text.ts";
import { alertId } from "../notify/stages/alert-labels.ts";
import type { FiringAlert } from "../notify/stages/firing-alerts.ts";
import type { EventRecord, EventValue } from "../sample/sample.ts";
import { utcTimeOfDay } from "../text/time-text.ts";
import type { PageAlert, PageFact } from "./page-report.ts";
import { shown, webLink } from "./shown.ts";

/** The most alerts in the overview; the rules' views have further ones. */
export const MOST_ALERTS = 30;
/** The most records of a key below its alert. */
const MOST_EVIDENCE = 5;
/** The most characters of a line that holds many labels or fields. */
const LONG = 1000;

/**
 * Describes a firing alert or notice.
 *
 * @param rules the names of the rules that run
 */
export function pageAlert({ event, heldBy, notified }: FiringAlert, rules: ReadonlySet<string>): PageAlert {
  const { rule, labels, level, reason, judged, confidence, startsAtUnixMs, runbook } = event;
  const about = rules.has(rule) ? rule : (labels["rule"] ?? "");
  return {
    ...{ id: alertId(event), name: rule, rule: rules.has(about) ? about : "", level, startsAtUnixMs },
    labels: shown(labelsText(event.key ?? labels), LONG),
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
    name: shown(labelsText(labels)),
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
