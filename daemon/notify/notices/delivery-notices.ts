import type { DaemonNotice, DaemonNotices } from "./daemon-notices.ts";
import type { ReceiverTrouble } from "../queue/dispatcher.ts";
import { PATIENCE } from "../queue/receiver-pace.ts";
import { spentMsOf, type WaitingLetter } from "../queue/waiting-letter.ts";

/** Short troubles end by themselves before anybody could look. */
const FAILING_MS = 60_000;
/** The time for which a message that was given up is reported. */
const GIVEN_UP_MS = 3_600_000;
/**
 * The time after the start in which reports of an earlier process stay, although no delivery has
 * failed yet.
 */
const KNOWN_MS = 2 * 60_000;

/**
 * Raises and ends the notices about deliveries. An earlier process's report on an action holds
 * until this process has tried for long enough to find the same.
 */
export function noticeDeliveries(
  notices: DaemonNotices,
  receivers: ReadonlyMap<string, ReceiverTrouble>,
  { nowMs, startedAtMs }: { readonly nowMs: number; readonly startedAtMs: number },
): void {
  const now = deliveryNotices(receivers, nowMs);
  if (now.length === 0 && nowMs - startedAtMs < KNOWN_MS) return;
  notices.set("BpfwardenDeliveryFailing", now, "no delivery of the action fails now");
}

/**
 * Returns the notices of actions that do not deliver their messages. No notice goes through the
 * action that it is about.
 */
export function deliveryNotices(
  receivers: ReadonlyMap<string, ReceiverTrouble>,
  nowMs: number,
): readonly Omit<DaemonNotice, "alertname">[] {
  return [...receivers].flatMap(([action, trouble]) => {
    const reason = reasonOf(trouble, nowMs);
    return reason === undefined ? [] : [{ labels: { action }, level: "critical", reason, notThrough: action }];
  });
}

/** True if a letter has failed often, or if its receiver takes long to fail. */
function isStuck(waiting: WaitingLetter, nowMs: number): boolean {
  const { tries, failingSinceMs } = waiting;
  if (tries >= PATIENCE && nowMs - failingSinceMs >= FAILING_MS) return true;
  return spentMsOf(waiting, nowMs) >= FAILING_MS;
}

/**
 * Returns the reason without the parts that change with each attempt, so that the same trouble has
 * the same words.
 */
function reasonOf({ failing, underWay, lastGivenUp }: ReceiverTrouble, nowMs: number): string | undefined {
  const tried = underWay === undefined ? failing : [...failing, underWay];
  const stuck = tried.find((waiting) => isStuck(waiting, nowMs));
  if (stuck !== undefined) {
    const error = stuck.lastError ?? "the first attempt has not ended yet";
    return `a message of "${stuck.letter.rule}" cannot be delivered, and is tried on: ${error}`;
  }
  if (lastGivenUp === undefined || nowMs - lastGivenUp.atMs >= GIVEN_UP_MS) return undefined;
  return `a message of "${lastGivenUp.letter.rule}" was given up: ${lastGivenUp.error}`;
}
