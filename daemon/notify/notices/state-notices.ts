import type { DaemonNotices } from "./daemon-notices.ts";

/** The loss of the state is over at once, but somebody must be notified of it. */
const LOST_TOLD_MS = 300_000;

/** How the state is kept. */
export interface StateHealth {
  /** why it does not survive a restart */
  readonly trouble: string | undefined;
  /** how long ago the state's files were found gone */
  readonly replacedAgoMs: number;
  /** where the file is that an earlier process left and that could not be read */
  readonly movedTo: string | undefined;
  /** how long ago this process began */
  readonly startedAgoMs: number;
}

/** Tells whether what must survive a restart does, and did. */
export function noticeState(
  notices: DaemonNotices,
  { trouble, replacedAgoMs, movedTo, startedAgoMs }: StateHealth,
): void {
  const isLost = movedTo !== undefined && startedAgoMs < LOST_TOLD_MS;
  const lost = isLost ? [{ labels: {}, level: "warning", reason: lostReason(movedTo) } as const] : [];
  const replaced = replacedAgoMs < LOST_TOLD_MS ? [REPLACED] : lost;
  notices.set("BpfwardenStateReplaced", replaced, "state is kept in the new place");
  const reason = `state is not kept: ${trouble ?? ""}; a restart would forget alerts and silences`;
  const unwritable = trouble === undefined ? [] : [{ labels: {}, level: "warning", reason } as const];
  notices.set("BpfwardenStateUnwritable", unwritable, "state is kept again");
}

function lostReason(movedTo: string): string {
  return `the state of an earlier process could not be read and is at "${movedTo}" now: its silences and messages that waited are gone, and alerts that it told of get no end`;
}

const REPLACED = {
  labels: {},
  level: "warning",
  reason:
    "the state's files were deleted or replaced while the daemon ran, or could not be used any more: all that is remembered was written again",
} as const;
