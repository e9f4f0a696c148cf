/** Observations to look back: after an idle moment few samples are still on their way. */
const OBSERVATIONS = 3;

/**
 * Samples that were due and did not come. The kernel leaves out a sample while another program runs
 * on the CPU, and does not count that (bpf_overflow_handler in kernel/events/core.c). Samples that
 * came are read a moment before samples that were due, so some of the difference is only on its
 * way. The result is the least of the last few observations, minus one for each event.
 */
export class MissingSamples {
  readonly #differences: bigint[] = [];
  #missing = 0n;

  /** Returns all missing samples so far, never less than before. */
  get count(): bigint {
    return this.#missing;
  }

  /**
   * Records one observation.
   *
   * @param due by the events' own count
   * @param ran by the program's count
   * @param events that sample: each may be within its period
   */
  observe(due: bigint, ran: bigint, events: number): void {
    this.#differences.push(due - ran - BigInt(events));
    if (this.#differences.length > OBSERVATIONS) this.#differences.shift();
    if (this.#differences.length < OBSERVATIONS) return;
    const least = this.#differences.reduce((a, b) => (a < b ? a : b));
    if (least > this.#missing) this.#missing = least;
  }
}
