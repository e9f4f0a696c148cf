import type { Confidence } from "../evaluate/alert.ts";
import { numberText } from "../notify/number-text.ts";
import { counted } from "./terminal-text.ts";

/** How far a rule's values can be trusted, within its window: what is lost is always said, the rest where there is some. */
export function healthText(confidence: Confidence): string {
  const { lostEvents, keysOverLimit, faultedReads, orphanedSpans, skippedRuns, lateTicks } = confidence;
  return [
    `${counted(lostEvents, "event")} lost`,
    `${numberText(keysOverLimit)} over the limit of keys`,
    ...(faultedReads > 0 ? [`${counted(faultedReads, "read")} faulted`] : []),
    ...(orphanedSpans > 0 ? [`${counted(orphanedSpans, "span")} without an end`] : []),
    ...(skippedRuns !== null && skippedRuns > 0 ? [`${counted(skippedRuns, "run")} skipped by the kernel`] : []),
    ...(lateTicks > 0 ? [`${counted(lateTicks, "tick")} late`] : []),
  ].join(", ");
}
