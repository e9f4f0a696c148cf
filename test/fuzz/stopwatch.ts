/** Processor time that inputs take, and which took the most. */
export class Stopwatch {
  readonly #slowest: { name: string; ms: number }[] = [];
  #count = 0;

  /** Throws what `work` throws, with the input's name. */
  time(name: string, work: () => unknown): void {
    const before = process.threadCpuUsage();
    try {
      work();
    } catch (error) {
      throw new Error(name, { cause: error });
    }
    const { user, system } = process.threadCpuUsage(before);
    this.#count++;
    this.#slowest.push({ name, ms: (user + system) / 1000 });
    if (this.#slowest.length > 1000) this.#keep(3);
  }

  report(): string {
    this.#keep(3);
    const slowest = this.#slowest.map(({ name, ms }) => `${ms.toFixed(1)} ms (${name})`);
    return `${this.#count}, none of which threw; the slowest took ${slowest.join(", ")}`;
  }

  #keep(most: number): void {
    const sorted = this.#slowest.toSorted((a, b) => b.ms - a.ms);
    this.#slowest.length = 0;
    this.#slowest.push(...sorted.slice(0, most));
  }
}
