import type { Confidence } from "../evaluate/alerts/alert.ts";
import { numberText } from "../text/number-text.ts";
import { counted } from "../text/terminal-text.ts";

/**
 * Describes how far a rule's values can be trusted, within its window. Losses are always included,
 * other numbers if they are not 0.
 */
export function healthText(confidence: Confidence): string {
  const { lostEvents, keysOverLimit, faultedReads, orphanedSpans, skippedRuns, lateTicks } = confidence;
  const { leftOutRecords = 0, lostSpans = 0, unknownEvents = 0 } = confidence;
  return [
    `${counted(lostEvents, "event")} lost`,
    `${numberText(keysOverLimit)} over the limit of keys`,
    ...(faultedReads > 0 ? [`${counted(faultedReads, "read")} faulted`] : []),
    ...(orphanedSpans > 0 ? [`${counted(orphanedSpans, "span")} without an end`] : []),
    ...(skippedRuns !== null && skippedRuns > 0 ? [`${counted(skippedRuns, "run")} skipped by the kernel`] : []),
    ...(leftOutRecords > 0 ? [`${counted(leftOutRecords, "record")} beyond its user's share`] : []),
    ...(unknownEvents > 0 ? [`${counted(unknownEvents, "event")} unknown`] : []),
    ...(lostSpans > 0 ? [`${counted(lostSpans, "span")} without room`] : []),
    ...(lateTicks > 0 ? [`${counted(lateTicks, "tick")} late`] : []),
  ].join(", ");
}
