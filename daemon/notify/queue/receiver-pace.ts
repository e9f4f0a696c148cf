import type { Failure } from "./delivery.ts";
import { backoffMs, type WaitingLetter } from "./waiting-letter.ts";

/** A letter that has failed so often is passed by: others are tried before it is tried again. */
export const PATIENCE = 3;
/** A letter that was never tried waits no longer for a receiver that answers none. */
const LONGEST_FOR_NEW_MS = 30_000;

/**
 * When a receiver may be tried again, by what became of the last attempts. Letters that failed
 * since the last one that was delivered are suspects: with the next delivery it is known that the
 * fault is theirs, until then it may be the receiver's.
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

  /** It has failed just now, and may be well again in a moment. */
  get isFirstTrouble(): boolean {
    return this.#failuresInARow < PATIENCE;
  }

  /** when the letter may be tried */
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
    // It is known to be the letter's fault, and the next delivery of another one changes nothing of
    // that.
    if (waiting.ownFailures > 0) this.#pauseOwn(waiting, waiting.ownFailures + 1, nowMs);
    if (isForAll) this.#busyUntilMs = nowMs + afterMs;
  }

  /** The letter's own pause begins here for each that failed before; that of the receiver is over. */
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

  /** It is no letter of the queue any more. */
  forget(waiting: WaitingLetter): void {
    this.#suspects.delete(waiting);
  }

  /** The receiver may be another one now. */
  reset(): void {
    this.#suspects.clear();
    this.#failuresInARow = 0;
    this.#pauseUntilMs = 0;
    this.#busyUntilMs = 0;
  }

  /** Two letters failed in a row, and neither is known to be at fault itself. */
  get #isReceiversFault(): boolean {
    let unknown = 0;
    for (const { ownFailures } of this.#suspects) if (ownFailures < PATIENCE) unknown++;
    return unknown > 1;
  }
}
