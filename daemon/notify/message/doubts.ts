import type { Confidence } from "../../evaluate/alerts/alert.ts";

/** A reason to doubt the values of an alert. */
export interface Doubt {
  /** its heading in a list */
  readonly name: string;
  readonly count: number;
  /** the text after the number, below the heading */
  readonly what: string;
  /** the same without a heading */
  readonly phrase: string;
}

/** Returns the reasons to doubt the values; empty if nothing was lost. */
export function doubtsOf(confidence: Confidence): readonly Doubt[] {
  const { lostEvents, keysOverLimit, faultedReads, orphanedSpans, lostSpans = 0 } = confidence;
  const { unknownEvents = 0, leftOutRecords = 0, skippedRuns } = confidence;
  const unknown = "not counted, for memory that decides was not readable";
  return [
    ...doubt("Lost", lostEvents, "events", "events lost"),
    ...doubt("Keys", keysOverLimit, "over the limit", "keys over the limit"),
    ...doubt("Reads", faultedReads, "faulted", "reads faulted"),
    ...doubt("Spans", orphanedSpans, "without an end", "spans without an end"),
    ...doubt("Spans", lostSpans, "without room", "spans without room"),
    ...doubt("Events", unknownEvents, unknown, "events not counted"),
    ...doubt("Records", leftOutRecords, "beyond their user's share", "records beyond their user's share"),
    ...doubt("Runs", skippedRuns ?? 0, "skipped by the kernel", "runs skipped by the kernel"),
  ];
}

function doubt(name: string, count: number, what: string, phrase: string): readonly Doubt[] {
  return count === 0 ? [] : [{ name, count, what, phrase }];
}

/** Says in a few words how far the values can be trusted: `nothing lost`, `12 events lost`. */
export function confidenceText(confidence: Confidence): string {
  const doubts = doubtsOf(confidence).map(({ count, phrase }) => `${count} ${phrase}`);
  const { windowFilled } = confidence;
  const isShort = windowFilled < 0.995;
  const watched = isShort ? [`${Math.floor(windowFilled * 100)}% of the window watched`] : [];
  return [...(doubts.length === 0 ? ["nothing lost"] : doubts), ...watched].join(", ");
}
