import type { AlertView } from "../../evaluate/alerts/alert-lifecycle.ts";
import type { Labels } from "../../notify/stages/alert-labels.ts";
import type { FiringAlert } from "../../notify/stages/firing-alerts.ts";
import type { Decision } from "../../notify/stages/stage.ts";
import type { HistoryEntry } from "../../store/history-answers.ts";
import { durationText } from "../../text/duration-text.ts";
import { secondText } from "../../text/time-text.ts";
import type { RuleStatus } from "../rule-status.ts";
import { countedSentences } from "./counted-sentences.ts";
import { endSentences } from "./end-sentences.ts";
import type { ExplainedAlert, ExplainedPart } from "./explain-report.ts";
import { listed } from "./listed.ts";
import { inSeconds, notifiedSentences } from "./notified-sentences.ts";
import { unseenSentences } from "./unseen-sentences.ts";
import { whySentences } from "./why-sentences.ts";

/** Explains an alert that fires. `status` is that of its rule; absent for notices. */
export function explainFiring(
  { event, labels, heldBy, notified }: FiringAlert,
  about: {
    readonly status: RuleStatus | undefined;
    readonly entry: HistoryEntry | undefined;
    readonly decisions: readonly Decision[];
    readonly nowUnixMs: number;
  },
): ExplainedAlert {
  const { status, entry, decisions, nowUnixMs } = about;
  const { startsAtUnixMs, pendingSinceUnixMs, level, reason, judged, summary } = event;
  const lasts = durationText(Math.max(0, nowUnixMs - startsAtUnixMs) * 1e6);
  const pending =
    pendingSinceUnixMs === undefined ? "" : ` Its threshold has held since ${secondText(pendingSinceUnixMs)}.`;
  return {
    ...{ alertname: event.rule, labels, state: "firing" },
    parts: [
      ...part("state", [
        `It fires as ${level} since ${secondText(startsAtUnixMs)}, for ${lasts}.${pending}`,
        `${summary}.`,
      ]),
      ...(status === undefined ? part("why", [`Because: ${reason}.`]) : ruleParts(status, { reason, judged })),
      ...part("notified", notifiedSentences({ entry, notified, heldBy, decisions })),
      ...part("end", status === undefined ? ["It ends when the daemon no longer finds this."] : endSentences(status)),
    ],
  };
}

/** Explains a key whose alert does not fire. */
export function explainView(
  { rule, state, reason, judged }: Pick<AlertView, "rule" | "state" | "reason" | "judged">,
  labels: Labels,
  status: RuleStatus,
  actions: readonly string[],
): ExplainedAlert {
  return {
    ...{ alertname: rule, labels, state },
    parts: [
      ...part("state", [
        status.rule.threshold === undefined ? "It has no threshold, so it never fires." : STATES[state],
      ]),
      ...ruleParts(status, { reason, judged }),
      ...part(
        "notified",
        status.rule.threshold === undefined
          ? []
          : [`If it fires, ${listed(actions)} will be notified, unless a route or a stage says otherwise.`],
      ),
    ],
  };
}

const STATES: Readonly<Record<AlertView["state"], string>> = {
  ok: "It does not fire.",
  pending: "It is pending: its threshold holds, but not yet for long enough.",
  firing: "It fires.",
  no_data: "It does not fire, because there is no data.",
  degraded: "It does not fire, and its counts cannot be trusted.",
};

/**
 * Explains an alert that is over. Its rule may be gone or another one now. The history may not have
 * its end yet.
 */
export function explainEnded(entry: HistoryEntry, status: RuleStatus | undefined): ExplainedAlert {
  const { alertname, labels, peak, firedAt, endedAt, lastedMs, reason, endReason, drill } = entry;
  const span =
    endedAt === undefined
      ? `since ${inSeconds(firedAt)}, and no longer fires`
      : `from ${inSeconds(firedAt)} to ${inSeconds(endedAt)}, for ${durationText(lastedMs * 1e6)}, and is over`;
  return {
    ...{ alertname, labels, state: "ended" },
    parts: [
      ...part("state", [`It fired as ${peak} ${span}.${drill ? " It was a drill." : ""}`]),
      ...(status === undefined ? [] : part("counted", countedSentences(status))),
      ...part("why", [`It fired because: ${reason}.`]),
      ...part("notified", notifiedSentences({ entry, notified: [], heldBy: [], decisions: [] })),
      ...part("end", endReason === undefined ? [] : [`It ended because: ${endReason}.`]),
    ],
  };
}

function ruleParts(status: RuleStatus, why: Parameters<typeof whySentences>[1]): readonly ExplainedPart[] {
  return [
    ...part("counted", countedSentences(status)),
    ...part("why", whySentences(status, why)),
    ...part("unseen", unseenSentences(status)),
  ];
}

function part(about: ExplainedPart["about"], sentences: readonly string[]): readonly ExplainedPart[] {
  return sentences.length === 0 ? [] : [{ about, sentences }];
}
