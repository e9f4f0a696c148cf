import { setTimeout } from "node:timers/promises";

/** Sends all that is due; may be begun again before it has ended. */
type Step = (isAhead: boolean) => Promise<void>;

/**
 * Sends what is due after each tick. With a hundred thousand alerts this goes on while the next
 * ticks judge and send others: a tick waits for it only so long.
 */
export class Notifying {
  readonly #step: Step;
  readonly #onError: (error: unknown) => void;
  /** resolves once no step is running */
  #ended: Promise<unknown> = Promise.resolve();

  constructor(step: Step, onError: (error: unknown) => void) {
    this.#step = step;
    this.#onError = onError;
  }

  /**
   * Begins a step. Resolves once the step has ended, or `ms` have passed: to false if it has failed
   * by then. Never rejects.
   *
   * @param isAhead true between two ticks
   */
  async run(ms: number, isAhead = false): Promise<boolean> {
    const step = this.#succeeds(isAhead);
    this.#ended = Promise.all([this.#ended, step]);
    const waiting = new AbortController();
    const waited = setTimeout(ms, true, { signal: waiting.signal });
    const hasWorked = await Promise.race([step, waited]);
    waiting.abort();
    return hasWorked;
  }

  /** Resolves once all steps that have begun have ended. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  async #succeeds(isAhead: boolean): Promise<boolean> {
    try {
      await this.#step(isAhead);
      return true;
    } catch (error) {
      this.#onError(error);
      return false;
    }
  }
}
