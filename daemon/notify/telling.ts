import { setTimeout } from "node:timers/promises";

/**
 * Tells of what is due after each tick. Of a hundred thousand alerts that goes on while the next
 * ticks judge and tell of others: a tick waits for it only so long.
 */
export class Telling {
  readonly #step: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  /** resolves once nothing is being told of */
  #ended: Promise<unknown> = Promise.resolve();

  /** @param step tells of all that is due; may be begun again before it has ended */
  constructor(step: () => Promise<void>, onError: (error: unknown) => void) {
    this.#step = step;
    this.#onError = onError;
  }

  /**
   * Begins to tell; resolves once that has ended, or `ms` have passed. Gives whether nothing has
   * failed so far; never rejects.
   */
  async tell(ms: number): Promise<boolean> {
    const telling = this.#succeeds();
    this.#ended = Promise.all([this.#ended, telling]);
    const waiting = new AbortController();
    const waited = setTimeout(ms, true, { signal: waiting.signal });
    const hasWorked = await Promise.race([telling, waited]);
    waiting.abort();
    return hasWorked;
  }

  /** Resolves once all that has begun has ended. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  async #succeeds(): Promise<boolean> {
    try {
      await this.#step();
      return true;
    } catch (error) {
      this.#onError(error);
      return false;
    }
  }
}
