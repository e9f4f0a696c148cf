import type { Failure } from "./delivery.ts";
import { backoffMs, type WaitingLetter } from "./waiting-letter.ts";

/** The failures after which a letter is passed by: others are tried before it is tried again. */
export const PATIENCE = 3;
/** The longest that a letter that was never tried waits for a receiver that takes no letter. */
const LONGEST_FOR_NEW_MS = 30_000;

/**
 * The times at which a receiver may be tried again, by the results of the last attempts. Letters
 * that failed since the last delivery are suspects. The next delivery shows that the fault is
 * theirs; until then it may be the receiver's.
 */
export class ReceiverPace {
  readonly #random: () => number;
  readonly #suspects = new Set<WaitingLetter>();
  #failuresInARow = 0;
  #failedAtMs = 0;
  #pauseUntilMs = 0;
  #busyUntilMs = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** True if the receiver has failed only once or twice in a row, and may work again soon. */
  get isFirstTrouble(): boolean {
    return this.#failuresInARow < PATIENCE;
  }

  /** Returns the time from which the letter may be tried. */
  readyAtMs(waiting: WaitingLetter): number {
    const atLeastMs = Math.max(waiting.notBeforeMs, waiting.heldUntilMs, this.#busyUntilMs);
    if (waiting.tries > 0) return Math.max(atLeastMs, this.#pauseUntilMs);
    if (!this.#isReceiversFault) return atLeastMs;
    return Math.max(atLeastMs, Math.min(this.#pauseUntilMs, this.#failedAtMs + LONGEST_FOR_NEW_MS));
  }

  failed(waiting: WaitingLetter, { trouble, afterMs = 0, isForAll = false }: Failure, nowMs: number): void {
    this.#suspects.add(waiting);
    this.#failuresInARow++;
    this.#failedAtMs = nowMs;
    this.#pauseUntilMs = nowMs + backoffMs(trouble, this.#failuresInARow, this.#random());
    // It is known to be the letter's fault, and the next delivery of another one does not change
    // that.
    if (waiting.ownFailures > 0) this.#pauseOwn(waiting, waiting.ownFailures + 1, nowMs);
    if (isForAll) this.#busyUntilMs = nowMs + afterMs;
  }

  /**
   * Notes a delivery. For each letter that failed before, its own pause begins here; the receiver's
   * pause is over.
   */
  delivered(nowMs: number): void {
    for (const suspect of this.#suspects) {
      suspect.ownFailures++;
      this.#pauseOwn(suspect, suspect.ownFailures, nowMs);
    }
    this.reset();
  }

  #pauseOwn(waiting: WaitingLetter, failures: number, nowMs: number): void {
    const pauseMs = backoffMs(waiting.lastTrouble, failures, this.#random());
    waiting.notBeforeMs = Math.max(waiting.notBeforeMs, nowMs + pauseMs);
  }

  /** Forgets a letter that has left the queue. */
  forget(waiting: WaitingLetter): void {
    this.#suspects.delete(waiting);
  }

  /** Forgets all failures, since the receiver may be another one now. */
  reset(): void {
    this.#suspects.clear();
    this.#failuresInARow = 0;
    this.#pauseUntilMs = 0;
    this.#busyUntilMs = 0;
  }

  /** True if at least two letters failed that are not known to be at fault themselves. */
  get #isReceiversFault(): boolean {
    let unknown = 0;
    for (const { ownFailures } of this.#suspects) if (ownFailures < PATIENCE) unknown++;
    return unknown > 1;
  }
}
