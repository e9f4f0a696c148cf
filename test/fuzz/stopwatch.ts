/**
 * The number of tries for an input that took too long: a collection of garbage or a compilation
 * affects one try, not all.
 */
const TRIES = 5;

/** Processor time that inputs take, and which took the most. */
export class Stopwatch {
  readonly #slowest: { name: string; ms: number }[] = [];
  readonly #mostMs: number;
  #count = 0;

  /** @param mostMs no input may take more */
  constructor(mostMs = Infinity) {
    this.#mostMs = mostMs;
  }

  /** Throws what `work` throws, with the input's name. */
  time(name: string, work: () => unknown): void {
    let ms = processorMs(name, work);
    for (let again = 1; ms > this.#mostMs && again < TRIES; again++) ms = Math.min(ms, processorMs(name, work));
    this.#count++;
    this.#slowest.push({ name, ms });
    if (this.#slowest.length > 1000) this.#keep(3);
  }

  /** True if one took more than it may. */
  isTooSlow(): boolean {
    return this.#slowest.some(({ ms }) => ms > this.#mostMs);
  }

  report(): string {
    this.#keep(3);
    const slowest = this.#slowest.map(({ name, ms }) => `${ms.toFixed(1)} ms (${name})`);
    return `${this.#count} without an exception; the slowest took ${slowest.join(", ")}`;
  }

  #keep(most: number): void {
    const sorted = this.#slowest.toSorted((a, b) => b.ms - a.ms);
    this.#slowest.length = 0;
    this.#slowest.push(...sorted.slice(0, most));
  }
}

function processorMs(name: string, work: () => unknown): number {
  const before = process.threadCpuUsage();
  try {
    work();
  } catch (error) {
    throw new Error(name, { cause: error });
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
