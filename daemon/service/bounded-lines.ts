export interface BoundedLinesOptions {
  /** writes as much as fits at once and returns the rest; never waits and never throws */
  readonly tryWrite: (bytes: Buffer) => Buffer;
  /**
   * writes all bytes, however long that takes; called again only after the previous call has ended
   */
  readonly write: (bytes: Buffer) => Promise<void>;
  /** the most bytes that may wait */
  readonly maxBytes: number;
  /** returns a line, with its end, that says how many lines were lost */
  readonly lossLine: (lost: number) => string;
}

interface Entry {
  readonly bytes: Buffer;
  /** lines of the log in these bytes */
  readonly lines: number;
}

/**
 * A queue of lines for an output that may be slow or blocked. Adding a line never waits. Lines that
 * do not fit in memory are counted as lost. One line in their place says so as soon as the output
 * accepts lines again.
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

  /** @param line with its line end */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#isFull || this.#waitingBytes + bytes.length > this.#options.maxBytes) {
      // With an empty queue, this line itself is too long: waiting would not make room for it.
      this.#isFull = this.#waitingBytes > 0;
      this.#lost += 1;
      return;
    }
    this.#pushLoss();
    this.#push({ bytes, lines: 1 });
  }

  /** The bytes that nobody has begun to write, for a last attempt when the process ends. */
  get left(): Buffer {
    return Buffer.concat(this.#entries.map(({ bytes }) => bytes));
  }

  /** Resolves when nothing waits, or after the timeout. */
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
    // Lines that are added in the same turn are written together.
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
      // There is no other place to report it.
      for (const { lines } of entries) this.#lost += lines;
    }
    this.#waitingBytes -= bytes.length;
    // A full queue stays closed until it is half empty. Otherwise each written line would let one
    // in, and a new gap would begin after it.
    if (!this.#isFull || this.#waitingBytes > this.#options.maxBytes / 2) return;
    this.#isFull = false;
    this.#pushLoss();
  }
}
