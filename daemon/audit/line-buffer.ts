import type { LineSink } from "./line-sink.ts";
import { codeOf } from "./open-log.ts";
import { Losses, type Loss } from "./losses.ts";

export interface LineBufferOptions {
  readonly sink: LineSink;
  /** the most bytes that may wait; further records are counted as lost */
  readonly maxBytes: number;
  readonly nowUnixMs: () => number;
  /** returns a line that says what was lost, without its line break */
  readonly lossLine: (loss: Loss) => string;
  /** called for the first of several failures in a row */
  readonly onTrouble: (error: Error) => void;
  /** called when writing works again, with the number of records that were lost meanwhile */
  readonly onRecovery: (lost: number) => void;
  readonly retryMs: number;
}

/** Lines that are written together or not at all. */
interface Piece {
  readonly bytes: Buffer;
  /** the number of records in it, and their rule */
  readonly records?: { readonly rule: string; readonly count: number };
  /** present if a caller waits for it */
  readonly written?: PromiseWithResolvers<void>;
}

/**
 * Errors that waiting can solve, because space can be freed. After any other error, callers that
 * wait for their lines fail at once.
 */
const NO_ROOM: readonly unknown[] = ["ENOSPC", "EDQUOT"];

const STOPPED = new Error("the line was not written, because the daemon stopped waiting for it");

/**
 * The largest write, unless one piece is larger. Waiting lines are written in order, and memory is
 * freed meanwhile.
 */
const WRITE_BYTES = 1 << 20;

/**
 * A queue of lines for a sink, with limited memory. Adding never waits. Lines that do not fit are
 * counted by rule, and one line in their place says so as soon as there is room. Failed writes are
 * tried again until they succeed.
 */
export class LineBuffer {
  readonly #options: LineBufferOptions;
  readonly #losses = new Losses();
  /** pieces that were withdrawn while they were being written */
  readonly #withdrawn = new WeakSet<Piece>();
  #pieces: Piece[] = [];
  #writing: readonly Piece[] = [];
  #bytes = 0;
  #written = 0;
  #isFull = false;
  #trouble: Error | undefined;
  /** the total of lost records when writing last began to work again */
  #lostBefore = 0;
  #pumping: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #mustRelease = false;
  #isClosing = false;

  constructor(options: LineBufferOptions) {
    this.#options = options;
  }

  /** the total of lost records */
  get lost(): number {
    return this.#losses.total;
  }

  /** the total of written records */
  get written(): number {
    return this.#written;
  }

  get waitingBytes(): number {
    return this.#bytes;
  }

  /** the reason why lines cannot be written now */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  /** Returns a rule's losses that no line reports yet. */
  lossOf(rule: string): Loss | undefined {
    return this.#losses.of(rule);
  }

  /** Adds records of a rule, or counts them as lost. Calls `lines` only if there is room. */
  add(rule: string, count: number, lines: () => readonly string[]): void {
    const taken = this.#hasRoom() ? bytesOf(lines()) : undefined;
    if (taken !== undefined && this.#bytes + taken.length <= this.#options.maxBytes)
      this.#push({ bytes: taken, records: { rule, count } });
    else this.#lose(rule, count);
    this.#pump();
  }

  /**
   * Adds lines that must not be lost, and resolves when they are written or when nobody can read
   * them any more. Rejects if they cannot be written, or if the signal is aborted before. On a full
   * disk they wait.
   */
  async write(lines: readonly string[], signal: AbortSignal): Promise<void> {
    if (this.#options.sink.isClosed === true) return;
    const bytes = bytesOf(lines);
    if (this.#bytes + bytes.length > this.#options.maxBytes)
      throw this.#trouble ?? new Error("too many lines wait to be written");
    const piece: Piece = { bytes, written: Promise.withResolvers() };
    const giveUp = (): void => this.#withdraw(piece, STOPPED);
    signal.addEventListener("abort", giveUp, { once: true });
    this.#push(piece);
    this.#pump();
    await piece.written?.promise.finally(() => signal.removeEventListener("abort", giveUp));
  }

  /**
   * Closes the sink's file before the next write, or now if nothing waits. Resolves when nothing
   * waits.
   */
  async release(): Promise<void> {
    this.#mustRelease = true;
    this.#pump();
    await this.#pumping;
  }

  /**
   * Tries once more to write the waiting lines, and closes the sink's file, within the deadline.
   * Returns the number of records that are left, or were lost without a line about it.
   */
  async close(deadlineMs: number): Promise<number> {
    this.#isClosing = true;
    this.#wake?.();
    this.#pump();
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(() => deadline.resolve(), deadlineMs);
    const done = (this.#pumping ?? Promise.resolve()).then(async () => this.#releaseSink());
    await Promise.race([done, deadline.promise]);
    clearTimeout(timer);
    const left = [...this.#writing, ...this.#pieces].reduce((sum, { records }) => sum + (records?.count ?? 0), 0);
    return left + this.#losses.unreported;
  }

  /**
   * Returns true if there is room. A full queue stays closed until it is half empty. Otherwise each
   * written line would let one in, and a new gap would begin after it.
   */
  #hasRoom(): boolean {
    if (this.#isFull && this.#bytes <= this.#options.maxBytes / 2) this.#isFull = false;
    return !this.#isFull && this.#options.sink.isClosed !== true;
  }

  #lose(rule: string, count: number): void {
    this.#isFull = true;
    this.#losses.add(rule, count, this.#options.nowUnixMs());
  }

  #push(piece: Piece): void {
    // A loss is reported before the lines after it.
    if (!this.#losses.isEmpty && !this.#isFull) this.#pushLosses();
    this.#pieces.push(piece);
    this.#bytes += piece.bytes.length;
  }

  #pushLosses(): void {
    const bytes = bytesOf(this.#losses.take().map(this.#options.lossLine));
    this.#pieces.push({ bytes });
    this.#bytes += bytes.length;
  }

  /** Withdraws a piece. A piece that is being written may be written completely nevertheless. */
  #withdraw(piece: Piece, error: Error): void {
    const index = this.#pieces.indexOf(piece);
    if (index < 0) this.#withdrawn.add(piece);
    else {
      this.#pieces.splice(index, 1);
      this.#bytes -= piece.bytes.length;
    }
    piece.written?.reject(this.#trouble ?? error);
  }

  #pump(): void {
    this.#pumping ??= this.#work();
  }

  async #work(): Promise<void> {
    for (;;) {
      if (this.#pieces.length === 0 && !this.#losses.isEmpty && this.#options.sink.isClosed !== true)
        this.#pushLosses();
      if (this.#mustRelease) await this.#releaseSink();
      if (this.#pieces.length === 0) break;
      const isWritten = await this.#writeSome();
      if (isWritten) continue;
      if (this.#isClosing || this.#options.sink.isClosed === true) break;
      await this.#pause();
    }
    // In the same turn as the last check for waiting lines.
    this.#pumping = undefined;
    if (this.#options.sink.isClosed === true) this.#dropAll();
  }

  async #releaseSink(): Promise<void> {
    this.#mustRelease = false;
    // A file that cannot be closed counts as closed.
    await this.#options.sink.release().catch(() => undefined);
  }

  async #writeSome(): Promise<boolean> {
    const pieces = firstPieces(this.#pieces);
    this.#pieces = this.#pieces.slice(pieces.length);
    this.#writing = pieces;
    try {
      await this.#options.sink.write(Buffer.concat(pieces.map(({ bytes }) => bytes)));
    } catch (error) {
      this.#pieces = [...pieces, ...this.#pieces];
      for (const piece of pieces.filter((each) => this.#withdrawn.has(each))) this.#withdraw(piece, STOPPED);
      this.#failed(error instanceof Error ? error : new Error(String(error)));
      return false;
    } finally {
      this.#writing = [];
    }
    for (const { bytes, written, records } of pieces) {
      this.#bytes -= bytes.length;
      written?.resolve();
      this.#written += records?.count ?? 0;
    }
    this.#succeeded();
    return true;
  }

  #failed(error: Error): void {
    const isNews = this.#trouble === undefined;
    this.#trouble = error;
    if (!NO_ROOM.includes(codeOf(error)))
      for (const piece of this.#pieces.filter(({ written }) => written !== undefined)) this.#withdraw(piece, error);
    if (isNews) this.#options.onTrouble(error);
  }

  #succeeded(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#options.onRecovery(this.#losses.total - this.#lostBefore);
    this.#lostBefore = this.#losses.total;
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.retryMs).unref();
      this.#wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Drops all pieces: nobody can read them any more. */
  #dropAll(): void {
    for (const { written, records } of this.#pieces) {
      written?.resolve();
      if (records !== undefined) this.#losses.add(records.rule, records.count, this.#options.nowUnixMs());
    }
    this.#pieces = [];
    this.#bytes = 0;
  }
}

function firstPieces(pieces: readonly Piece[]): readonly Piece[] {
  let count = 0;
  for (let bytes = 0; count < pieces.length && (count === 0 || bytes < WRITE_BYTES); count++)
    bytes += pieces[count]?.bytes.length ?? 0;
  return pieces.slice(0, count);
}

function bytesOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.length === 0 ? "" : `${lines.join("\n")}\n`);
}
