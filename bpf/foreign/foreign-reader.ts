import { Owners } from "./owners.ts";
import type { Answer, Question } from "./protocol.ts";
import { processTime, waitedMs } from "./process-time.ts";
import { ReaderEnded, ReaderProcess } from "./reader-process.ts";
import { errorText } from "../source/error-text.ts";

/** The time limit of each kind of question. */
const WITHIN_MS: Readonly<Record<Question["kind"], number>> = {
  look: 3000,
  release: 1000,
  places: 5000,
  mapped: 2000,
  frames: 5000,
};
/** No user can delay the start, and it is slow while the host boots. */
const START_MS = 30_000;
/**
 * The process ends after this time without a question, so that a quiet host pays no memory for it.
 */
const IDLE_MS = 5000;
/** Processes that hang and cannot be killed. Each of them keeps about 20 MiB. */
const MOST_STUCK = 3;
/** The most questions that wait. */
const MOST_WAITING = 1000;
/** The most faults that are remembered. A remembered fault is not reported again. */
const MOST_REPORTED = 1000;

/**
 * Returns a function that measures how long a question has taken because of its owner. Time in
 * which the reading process, or this one, had no processor does not count. Time that it waits for a
 * file system counts.
 */
function stopwatch(reader: number, nowMs: () => number): () => number {
  const [startedAtMs, before] = [nowMs(), processTime(reader)];
  const waits = (): number => waitedMs(reader) + waitedMs(process.pid);
  const waitedBeforeMs = waits();
  return () => {
    const tookMs = nowMs() - startedAtMs;
    const now = processTime(reader);
    // when the process has ended, how long it waited for a processor is no longer known
    if (now === undefined || before === undefined) return tookMs;
    const ranMs = now.usedMs - before.usedMs;
    return Math.min(tookMs, Math.max(ranMs, tookMs - (waits() - waitedBeforeMs)));
  };
}

/** The reason why a question has no answer. */
export class NotRead extends Error {
  override readonly name = "NotRead";
  /**
   * true if the subject of the question could not be read; otherwise the question can be asked
   * again later
   */
  readonly isItsFault: boolean;

  constructor(reason: string, isItsFault: boolean) {
    super(reason);
    this.isItsFault = isItsFault;
  }
}

export interface ForeignReaderHost {
  readonly nowMs: () => number;
  /** called once for each fault that made reading stop */
  readonly onFault: (fault: string) => void;
}

/**
 * Reads files below /proc/PID/root, maps and symbols of other users' processes. A separate process
 * does this (reader-process.ts). This process never waits for it longer than the time limit of the
 * question.
 */
export class ForeignReader implements Disposable {
  readonly #host: ForeignReaderHost;
  readonly #owners: Owners;
  readonly #reported = new Set<string>();
  #process: ReaderProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #stuck = 0;
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(host: ForeignReaderHost) {
    this.#host = host;
    this.#owners = new Owners(host.nowMs);
  }

  /** id of the process that reads now; undefined while none is needed */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** True if a file that the process of this id holds is still held. */
  holds(pid: number): boolean {
    return this.#process?.pid === pid && this.#process.isAlive;
  }

  /**
   * Asks a question after the earlier ones have been answered.
   *
   * @param owner whose files it is about (`ownerOf`). Undefined when the question concerns nobody's
   * files: then it is never refused, and nobody is blamed.
   * @param subject what the question is about, for the log
   * @throws NotRead
   */
  async ask<Asked extends Question>(
    question: Asked,
    owner: string | undefined,
    subject: string,
  ): Promise<Answer<Asked["kind"]>> {
    if (this.#waiting >= MOST_WAITING) throw new NotRead("too many reads are waiting", false);
    this.#waiting++;
    const answer = this.#turn.then(() => this.#askNow(question, owner, subject));
    this.#turn = answer.catch(() => undefined);
    try {
      return await answer;
    } finally {
      this.#waiting--;
    }
  }

  async #askNow<Asked extends Question>(
    question: Asked,
    owner: string | undefined,
    subject: string,
  ): Promise<Answer<Asked["kind"]>> {
    if (this.#isClosed) throw new NotRead("the reader is closed", false);
    const refusal = owner === undefined ? undefined : this.#owners.refusal(owner);
    if (refusal !== undefined) throw new NotRead(refusal, false);
    clearTimeout(this.#idle);
    const process = await this.#started();
    const spentMs = stopwatch(process.pid, this.#host.nowMs);
    try {
      return await process.ask(question, WITHIN_MS[question.kind]);
    } catch (error) {
      throw this.#failed(error, owner, subject);
    } finally {
      if (owner !== undefined) this.#owners.spent(owner, spentMs());
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.#retire(), IDLE_MS);
      this.#idle.unref();
    }
  }

  /**
   * Returns the process after it answers. No owner is blamed for a failed start. Throws NotRead.
   */
  async #started(): Promise<ReaderProcess> {
    if (this.#process?.isAlive === true) return this.#process;
    if (this.#stuck >= MOST_STUCK)
      throw new NotRead("the reader processes hang in file systems that do not answer", false);
    const process = new ReaderProcess();
    this.#process = process;
    try {
      await process.ask({ kind: "release" }, START_MS);
    } catch (error) {
      this.#retire();
      if (this.#isClosed) throw new NotRead("the reader is closed", false);
      const reason = errorText(error);
      this.#report(`the process that reads files of other users does not start: ${reason}`);
      throw new NotRead(reason, false);
    }
    if (this.#isClosed) throw new NotRead("the reader is closed", false);
    return process;
  }

  #failed(error: unknown, owner: string | undefined, subject: string): Error {
    if (error instanceof NotRead) return error;
    if (!(error instanceof ReaderEnded)) {
      const reason = errorText(error);
      this.#report(`${subject} is not read: ${reason}`);
      return new NotRead(reason, true);
    }
    this.#retire(owner);
    if (this.#isClosed) return new NotRead("the reader is closed", false);
    if (owner !== undefined) this.#owners.blame(owner);
    this.#report(`${subject} is not read: ${error.message}`);
    return new NotRead(error.message, true);
  }

  #report(fault: string): void {
    if (this.#reported.has(fault)) return;
    if (this.#reported.size >= MOST_REPORTED) this.#reported.clear();
    this.#reported.add(fault);
    this.#host.onFault(fault);
  }

  /**
   * Ends the process. One that cannot be killed is left, and counted while it hangs.
   *
   * @param owner whose files it was reading
   */
  #retire(owner?: string): void {
    const ending = this.#process;
    if (ending === undefined) return;
    this.#process = undefined;
    void this.#end(ending, owner);
  }

  async #end(ending: ReaderProcess, owner: string | undefined): Promise<void> {
    if (await ending.end()) return;
    this.#stuck++;
    if (owner !== undefined) this.#owners.hangs(owner, true);
    await ending.gone;
    this.#stuck--;
    if (owner !== undefined) this.#owners.hangs(owner, false);
  }

  /** Stops reading. Waiting questions are not answered. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    this.#retire();
  }
}
