import { percentText } from "../../text/number-text.ts";
import { counted } from "../../text/terminal-text.ts";
import type { Confidence } from "../../evaluate/alerts/alert.ts";
import type { RuleStatus } from "../rule-status.ts";

type Counted = Exclude<keyof Confidence, "windowFilled">;

/** The meaning of each count of `Confidence` for the values, if it is not 0. */
const MEANINGS: Readonly<Record<Counted, (count: number) => string>> = {
  lostEvents: (count) => `${counted(count, "event")} were lost and are not counted.`,
  keysOverLimit: (count) => `${counted(count, "event")} were of keys beyond the limit: they are counted under "other".`,
  faultedReads: (count) => `${counted(count, "read")} of memory failed: the values are taken for 0.`,
  orphanedSpans: (count) => `The end of ${counted(count, "span")} was never seen.`,
  skippedRuns: (count) => `The kernel skipped ${counted(count, "run")} of its programs: these events are not counted.`,
  lateTicks: (count) => `${counted(count, "tick")} came late.`,
  leftOutRecords: (count) => `${counted(count, "record")} beyond the share of their user were left out.`,
  lostSpans: (count) => `There was no room for ${counted(count, "span")}, which are not counted.`,
  unknownEvents: (count) =>
    `For ${counted(count, "event")} the memory that decides could not be read: they are not counted.`,
};

/** Says what was lost within the window, and what the rule cannot see. */
export function unseenSentences(status: RuleStatus): readonly string[] {
  const { degraded, confidence, notFollowed, tracepoints, rule } = status;
  const { windowFilled, ...counts } = confidence;
  const lost = Object.entries(MEANINGS).flatMap(([name, meaning]) => {
    const count = counts[name as Counted] ?? 0;
    return count > 0 ? [meaning(count)] : [];
  });
  return [
    ...(degraded === undefined ? [] : [`Its counts cannot be trusted now: ${degraded}.`]),
    ...(lost.length === 0 ? ["Nothing was lost within the window."] : lost),
    ...(windowFilled < 1 ? [`Only ${percentText(windowFilled)} of the window has been watched so far.`] : []),
    ...(confidence.skippedRuns === null ? ["The kernel does not say whether it skipped runs of its programs."] : []),
    ...tracepoints.flatMap(({ probe, attach, because }) =>
      attach === "perf"
        ? [
            `At ${probe} the kernel skips events that interrupt another such program${because === undefined ? "" : `: ${because}`}.`,
          ]
        : [],
    ),
    ...notFollowed.map((note) => `It does not see ${note}.`),
    ...(rule.program.leavesOutSelf ? ["Events of the daemon itself are left out."] : []),
  ];
}
