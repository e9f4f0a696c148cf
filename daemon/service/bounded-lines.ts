export interface BoundedLinesOptions {
  /** writes what there is room for at once, and gives the rest; never waits nor throws */
  readonly tryWrite: (bytes: Buffer) => Buffer;
  /** writes all of it, however long that takes; called anew only when the call before has ended */
  readonly write: (bytes: Buffer) => Promise<void>;
  /** that may wait */
  readonly maxBytes: number;
  /** a line, with its end, that says how many lines were lost */
  readonly lossLine: (lost: number) => string;
}

interface Entry {
  readonly bytes: Buffer;
  /** of the log, that are lost with it */
  readonly lines: number;
}

/**
 * Lines on their way to a place that may be slow, or take nothing: adding never waits. What finds no room in memory is counted, and one line in
 * its place says so as soon as lines are taken again.
 */
export class BoundedLines {
  readonly #options: BoundedLinesOptions;
  #entries: Entry[] = [];
  #waitingBytes = 0;
  #isFull = false;
  #lost = 0;
  #pumping: Promise<void> | undefined;

  constructor(options: BoundedLinesOptions) {
    this.#options = options;
  }

  /** @param line with its end */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#isFull || this.#waitingBytes + bytes.length > this.#options.maxBytes) {
      // Where nothing waits it is this line that is too long: nothing would ever make room again.
      this.#isFull = this.#waitingBytes > 0;
      this.#lost += 1;
      return;
    }
    this.#pushLoss();
    this.#push({ bytes, lines: 1 });
  }

  /** What waits, and nobody has begun to write: for a last attempt when the process ends. */
  get left(): Buffer {
    return Buffer.concat(this.#entries.map(({ bytes }) => bytes));
  }

  /** Resolves when nothing waits, or the time is up. */
  async flush(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([this.#pumping, promise]);
    clearTimeout(timer);
  }

  #pushLoss(): void {
    if (this.#lost === 0) return;
    const entry = { bytes: Buffer.from(this.#options.lossLine(this.#lost)), lines: this.#lost };
    this.#lost = 0;
    this.#push(entry);
  }

  #push({ bytes, lines }: Entry): void {
    const rest = this.#waitingBytes === 0 ? this.#options.tryWrite(bytes) : bytes;
    if (rest.length === 0) return;
    this.#waitingBytes += rest.length;
    this.#entries.push({ bytes: rest, lines });
    this.#pumping ??= this.#pump();
  }

  async #pump(): Promise<void> {
    // What is added in the same turn goes with it.
    await Promise.resolve();
    while (this.#entries.length > 0) await this.#writeWaiting();
    this.#pumping = undefined;
  }

  async #writeWaiting(): Promise<void> {
    const entries = this.#entries;
    const bytes = this.left;
    this.#entries = [];
    try {
      await this.#options.write(bytes);
    } catch {
      // There is no other place to tell it.
      for (const { lines } of entries) this.#lost += lines;
    }
    this.#waitingBytes -= bytes.length;
    // Once full it stays so until half of it is written: else each line that is written would let one in, and a gap begin behind it.
    if (!this.#isFull || this.#waitingBytes > this.#options.maxBytes / 2) return;
    this.#isFull = false;
    this.#pushLoss();
  }
}
