/** Looks back so many observations: an idle moment among them has few samples on their way. */
const OBSERVATIONS = 3;

/**
 * Samples that were due and did not come: the kernel leaves out a sample while another program runs on the CPU, and does not count that
 * (bpf_overflow_handler in kernel/events/core.c). Those that came are counted a moment before those that were due, so that some of these are
 * only on their way: what is said is the least of the last few observations, without one for each event.
 */
export class MissingSamples {
  readonly #differences: bigint[] = [];
  #missing = 0n;

  /** In all so far, never less than before. */
  get count(): bigint {
    return this.#missing;
  }

  /**
   * @param due by the events' own count
   * @param ran by the program's
   * @param events that sample, each of which may be within its period
   */
  observe(due: bigint, ran: bigint, events: number): void {
    this.#differences.push(due - ran - BigInt(events));
    if (this.#differences.length > OBSERVATIONS) this.#differences.shift();
    if (this.#differences.length < OBSERVATIONS) return;
    const least = this.#differences.reduce((a, b) => (a < b ? a : b));
    if (least > this.#missing) this.#missing = least;
  }
}
