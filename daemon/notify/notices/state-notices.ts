import type { DaemonNotices } from "./daemon-notices.ts";

/**
 * The time for which the loss of the state is reported: it is over at once, but somebody must be
 * notified of it.
 */
const LOST_TOLD_MS = 300_000;

/** The condition of the saved state. */
export interface StateHealth {
  /** the reason why it does not survive a restart */
  readonly trouble: string | undefined;
  /** the reason why counts do not, though alerts do */
  readonly waitingTrouble: string | undefined;
  /** the time since the state's files were found gone */
  readonly replacedAgoMs: number;
  /** the new path of an earlier process's file that could not be read */
  readonly movedTo: string | undefined;
  /** the time since this process began */
  readonly startedAgoMs: number;
}

/** Raises notices if the state does not survive a restart, or did not, and ends them. */
export function noticeState(
  notices: DaemonNotices,
  { trouble, waitingTrouble, replacedAgoMs, movedTo, startedAgoMs }: StateHealth,
): void {
  const isLost = movedTo !== undefined && startedAgoMs < LOST_TOLD_MS;
  const lost = isLost ? [{ labels: {}, level: "warning", reason: lostReason(movedTo) } as const] : [];
  const replaced = replacedAgoMs < LOST_TOLD_MS ? [REPLACED] : lost;
  notices.set("BpfwardenStateReplaced", replaced, "state is kept in the new place");
  const reason = unkeptReason(trouble, waitingTrouble);
  const unwritable = reason === undefined ? [] : [{ labels: {}, level: "warning", reason } as const];
  notices.set("BpfwardenStateUnwritable", unwritable, "state is kept again");
}

function unkeptReason(trouble: string | undefined, waitingTrouble: string | undefined): string | undefined {
  if (trouble !== undefined) return `state is not kept: ${trouble}; a restart would forget alerts and silences`;
  if (waitingTrouble === undefined) return undefined;
  return `counts are not kept: ${waitingTrouble}; windows would begin anew after a restart`;
}

function lostReason(movedTo: string): string {
  return `the state of an earlier process could not be read and is at "${movedTo}" now: its silences and waiting messages are lost, and alerts that it sent get no end`;
}

const REPLACED = {
  labels: {},
  level: "warning",
  reason:
    "the state's files were deleted or replaced while the daemon ran, or could not be used any more: all that is remembered was written again",
} as const;
