import type { Delivery, Outcome } from "./delivery.ts";
import type { DeliveryCounters } from "./dispatcher.ts";

/** Something that must not pass in silence. `retrying` is told once a delivery, at its first failure. */
export interface DeliveryReport {
  readonly delivery: Delivery;
  readonly what: "retrying" | "failed" | "dropped" | "warning";
  readonly error: string;
}

export interface QueueOptions {
  readonly attempt: (delivery: Delivery, signal: AbortSignal) => Promise<Outcome>;
  readonly report: (report: DeliveryReport) => void;
  readonly nowMs: () => number;
  /** from 0 to below 1 */
  readonly random: () => number;
  /** resolves after the time, or as soon as the signal is aborted */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** deliveries that wait for one receiver; of more the oldest are dropped */
  readonly maxWaiting: number;
  /** a delivery that has failed for so long is given up */
  readonly giveUpAfterMs: number;
}

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 300_000;

/**
 * How long to wait after the nth failure (from 1): exponential with full jitter, so that many senders do not come back together
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and at least what the receiver asked for.
 */
export function backoffMs(failures: number, random: number, atLeastMs = 0): number {
  return Math.max(atLeastMs, random * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)));
}

/** A delivery that has not been brought yet, and since when it waits, by the clock of the queue. */
export interface Waiting {
  readonly delivery: Delivery;
  readonly sinceMs: number;
}

/** The deliveries to one receiver, one after the other. */
export class ReceiverQueue {
  readonly #options: QueueOptions;
  readonly #waiting: Waiting[] = [];
  /** what could not be brought before the end */
  readonly #left: Waiting[] = [];
  readonly #hurry = new AbortController();
  readonly #stop = new AbortController();
  readonly #counts = { delivered: 0, retried: 0, failed: 0, dropped: 0 };
  #working: Promise<void> | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get counters(): DeliveryCounters {
    return { ...this.#counts, waiting: this.#waiting.length };
  }

  /** What has not been brought yet, the oldest first. */
  get waiting(): readonly Waiting[] {
    return [...this.#left, ...this.#waiting];
  }

  /** @param sinceMs of a delivery that an earlier process could not bring: since when it waits */
  submit(delivery: Delivery, sinceMs: number = this.#options.nowMs()): void {
    this.#waiting.push({ delivery, sinceMs });
    // The first one may be under way, so it is the second that is the oldest to wait.
    if (this.#waiting.length > this.#options.maxWaiting)
      this.#drop(this.#waiting.splice(1, 1), "too many deliveries wait");
    this.#working ??= this.#work();
  }

  /** Tries what waits once more, at once, until `deadlineMs` have passed. Resolves with what could not be brought. */
  async close(deadlineMs: number): Promise<readonly Waiting[]> {
    this.#hurry.abort();
    const atEnd = new AbortController();
    const deadline = this.#options.sleep(deadlineMs, atEnd.signal).then(() => this.#stop.abort());
    await this.#working;
    atEnd.abort();
    await deadline;
    return this.waiting;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined && !this.#stop.signal.aborted; next = this.#waiting[0]) {
      await this.#bring(next);
    }
    // In the same turn as the last look at the queue: later, a delivery submitted in between would never be looked at.
    this.#working = undefined;
  }

  /** Tries until it is delivered, given up, or left for the next start; then takes it off the queue. */
  async #bring(waiting: Waiting): Promise<void> {
    const { delivery, sinceMs } = waiting;
    for (let failures = 0; ;) {
      const outcome = await this.#options.attempt(delivery, this.#stop.signal);
      if (outcome.ok) return this.#delivered(delivery, outcome.warning);
      failures++;
      if (!outcome.retry || this.#isTooLate(sinceMs)) return this.#failed(delivery, outcome.error);
      if (failures === 1) this.#options.report({ delivery, what: "retrying", error: outcome.error });
      if (this.#hurry.signal.aborted) return this.#leave(waiting);
      await this.#options.sleep(backoffMs(failures, this.#options.random(), outcome.afterMs), this.#hurry.signal);
      this.#counts.retried++;
    }
  }

  #leave(waiting: Waiting): void {
    this.#waiting.shift();
    this.#left.push(waiting);
  }

  #isTooLate(sinceMs: number): boolean {
    return this.#options.nowMs() - sinceMs >= this.#options.giveUpAfterMs;
  }

  #delivered(delivery: Delivery, warning: string | undefined): void {
    this.#waiting.shift();
    this.#counts.delivered++;
    if (warning !== undefined) this.#options.report({ delivery, what: "warning", error: warning });
  }

  #failed(delivery: Delivery, error: string): void {
    this.#waiting.shift();
    this.#counts.failed++;
    this.#options.report({ delivery, what: "failed", error });
  }

  #drop(dropped: readonly Waiting[], error: string): void {
    this.#counts.dropped += dropped.length;
    for (const { delivery } of dropped) this.#options.report({ delivery, what: "dropped", error });
  }
}
