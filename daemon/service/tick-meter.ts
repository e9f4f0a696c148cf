/** The ticks since the daemon started. */
export interface TickCounts {
  readonly ticks: number;
  /** those that did not do their work */
  readonly failed: number;
  /** those that began more than a quarter of the period late */
  readonly late: number;
  /** how late the last one began */
  readonly lagMs: number;
  /** the time that all of them took */
  readonly busyMs: number;
}

const LATE = 0.25;

/** Counts ticks, and how long they take. */
export class TickMeter {
  #counts = { ticks: 0, failed: 0, late: 0, lagMs: 0, busyMs: 0 };

  get counts(): TickCounts {
    return this.#counts;
  }

  /** Runs a tick and counts it. */
  async run(lagMs: number, tickMs: number, nowMs: () => number, tick: () => Promise<boolean>): Promise<boolean> {
    const beganMs = nowMs();
    const succeeded = await tick();
    const { ticks, failed, late, busyMs } = this.#counts;
    this.#counts = {
      ...{ ticks: ticks + 1, lagMs, busyMs: busyMs + nowMs() - beganMs },
      failed: failed + (succeeded ? 0 : 1),
      late: late + (lagMs > LATE * tickMs ? 1 : 0),
    };
    return succeeded;
  }
}
