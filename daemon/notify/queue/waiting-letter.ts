import type { Failure } from "./delivery.ts";
import type { Letter } from "./letter.ts";
import { RETRY_PLANS, type Trouble } from "./trouble.ts";

/** A letter in a queue, and its attempts so far. */
export interface WaitingLetter {
  readonly letter: Letter;
  /** the number of attempts of this process; all failed */
  tries: number;
  /** the time of the first failure */
  failingSinceMs: number;
  /** failures while other letters reached the same receiver: it is the letter, not the receiver */
  ownFailures: number;
  /** it is not tried again before */
  notBeforeMs: number;
  /** it is not tried before, unless it is on the disk earlier */
  heldUntilMs: number;
  /** the time that ended attempts took, and the start of one that is under way */
  spentMs: number;
  begunAtMs: number | undefined;
  lastTrouble: Trouble;
  lastError: string | undefined;
}

export function waitingLetter(letter: Letter, heldUntilMs = 0): WaitingLetter {
  return {
    letter,
    tries: 0,
    failingSinceMs: 0,
    ownFailures: 0,
    notBeforeMs: 0,
    heldUntilMs,
    spentMs: 0,
    begunAtMs: undefined,
    lastTrouble: "passing",
    lastError: undefined,
  };
}

/**
 * Returns the pause after the nth failure (from 1): exponential with full jitter, so that many
 * senders do not come back together
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * @param random from 0 to below 1
 */
export function backoffMs(trouble: Trouble, failures: number, random: number): number {
  const { firstMs, longestMs } = RETRY_PLANS[trouble];
  return random * Math.min(longestMs, firstMs * 2 ** (failures - 1));
}

export function isTooLate({ letter, lastTrouble }: WaitingLetter, nowMs: number): boolean {
  return Math.max(0, nowMs - letter.sinceMs) >= RETRY_PLANS[lastTrouble].giveUpAfterMs;
}

export function noteFailure(waiting: WaitingLetter, { trouble, error, afterMs = 0 }: Failure, nowMs: number): void {
  if (waiting.tries === 0) waiting.failingSinceMs = nowMs;
  waiting.tries++;
  waiting.lastTrouble = trouble;
  waiting.lastError = error;
  waiting.notBeforeMs = nowMs + afterMs;
}

/** Returns the time of all attempts, without the pauses. */
export function spentMsOf({ spentMs, begunAtMs }: WaitingLetter, nowMs: number): number {
  return spentMs + (begunAtMs === undefined ? 0 : nowMs - begunAtMs);
}
