import type { JudgedValue } from "../../evaluate/alerts/alert.ts";
import { boundText } from "../../evaluate/formula/bound-text.ts";
import { shownText } from "../../evaluate/formula/shown-text.ts";
import { durationText } from "../../text/duration-text.ts";
import { secondText } from "../../text/time-text.ts";
import type { RuleStatus } from "../rule-status.ts";

/** Says what the threshold of a rule is, and by which values it holds or not. */
export function whySentences(
  { threshold, rule }: RuleStatus,
  { reason, judged }: { readonly reason: string; readonly judged?: JudgedValue | undefined },
): readonly string[] {
  const { when, clear: _, ...levels } = threshold;
  return [
    ...Object.entries(levels).map(([level, text]) => `It is ${level} if ${text}.`),
    ...(when === undefined ? [] : [`It is judged only while ${when}.`]),
    ...(rule.forMs === 0 ? [] : [`That must hold for ${durationText(rule.forMs * 1e6)}.`]),
    ...(reason === "" ? [] : [`Because: ${reason}.`]),
    ...(judged === undefined ? [] : judgedSentences(judged)),
  ];
}

function judgedSentences({ name, unit, value, beyond, limit, peak, atUnixMs }: JudgedValue): readonly string[] {
  const shown = value === undefined ? "no data" : boundText(beyond, shownText(value, unit));
  const against = limit === undefined ? "" : `; it is compared with ${shownText(limit, unit)}`;
  return [
    `At ${secondText(atUnixMs)}, ${name} was ${shown}${against}.`,
    ...(peak === undefined
      ? []
      : [
          `Its worst value was ${boundText(peak.beyond, shownText(peak.value, unit))}, at ${secondText(peak.atUnixMs)}.`,
        ]),
  ];
}
