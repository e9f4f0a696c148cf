import { errorText } from "../../../bpf/source/error-text.ts";
import type { Outcome } from "./delivery.ts";
import type { Letter } from "./letter.ts";
import { pickLetter } from "./pick-letter.ts";
import { ReceiverPace } from "./receiver-pace.ts";
import { isTooLate, noteFailure, spentMsOf, type WaitingLetter, waitingLetter } from "./waiting-letter.ts";

/** The results of the deliveries of one receiver so far. */
export interface DeliveryCounters {
  readonly delivered: number;
  /** attempts after a first one */
  readonly retried: number;
  /** letters that were given up */
  readonly failed: number;
  /** letters that were dropped because too much waited */
  readonly dropped: number;
  /** letters that are in the queue now */
  readonly waiting: number;
}

/** A result that must be reported. `retrying` is reported once a delivery, at its first failure. */
export interface DeliveryReport {
  readonly letter: Letter;
  readonly what: "retrying" | "failed" | "dropped" | "warning";
  readonly error: string;
}

/** A letter that was tried for too long, or that its receiver refused for good. */
export interface GivenUp {
  readonly letter: Letter;
  readonly error: string;
  readonly atMs: number;
}

export interface QueueOptions {
  readonly attempt: (letter: Letter, signal: AbortSignal) => Promise<Outcome>;
  /** called when the letter has left the queue: it was delivered or, with an error, given up */
  readonly settled: (letter: Letter, error?: string) => void;
  readonly report: (report: DeliveryReport) => void;
  readonly nowMs: () => number;
  /** from 0 to below 1 */
  readonly random: () => number;
  /** resolves after the time, or as soon as the signal is aborted */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const REPLACED = "a later message of its group was delivered in its place; its last error:";

/**
 * The letters to one receiver, one after the other. A letter that the receiver does not take delays
 * other letters only for a short time, except those of its own lane.
 */
export class ReceiverQueue {
  readonly #options: QueueOptions;
  readonly #pace: ReceiverPace;
  readonly #stop = new AbortController();
  readonly #counts = { delivered: 0, retried: 0, failed: 0, dropped: 0 };
  #queue: WaitingLetter[] = [];
  #underWay: WaitingLetter | undefined;
  #wake = new AbortController();
  #working: Promise<void> | undefined;
  #isClosing = false;
  #lastGivenUp: GivenUp | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#pace = new ReceiverPace(options.random);
  }

  /** the last message that was given up */
  get lastGivenUp(): GivenUp | undefined {
    return this.#lastGivenUp;
  }

  /** Takes note of a message that an earlier process gave up. */
  recall(givenUp: GivenUp): void {
    if (givenUp.atMs >= (this.#lastGivenUp?.atMs ?? -Infinity)) this.#lastGivenUp = givenUp;
  }

  get counters(): DeliveryCounters {
    return { ...this.#counts, waiting: this.#queue.length };
  }

  /** The letters that are not delivered yet, the oldest first. */
  get waiting(): readonly WaitingLetter[] {
    return this.#queue;
  }

  /** @param heldUntilMs the letter is not tried before, unless it is let go earlier */
  submit(letter: Letter, heldUntilMs = 0): void {
    this.#queue.push(waitingLetter(letter, heldUntilMs));
    this.#wake.abort();
    this.#working ??= this.#work();
  }

  /** Lets letters go that were held. */
  letGo(ids: ReadonlySet<string>): void {
    for (const waiting of this.#queue) if (ids.has(waiting.letter.id)) waiting.heldUntilMs = 0;
    this.#wake.abort();
  }

  /** Drops a letter. Returns false if that was not possible: a letter that is being tried stays. */
  drop(id: string, error: string): boolean {
    const waiting = this.#queue.find(({ letter }) => letter.id === id);
    if (waiting === undefined || waiting === this.#underWay) return false;
    this.#remove(waiting);
    this.#counts.dropped++;
    this.#options.report({ letter: waiting.letter, what: "dropped", error });
    return true;
  }

  /** The letter that is being tried. */
  get underWay(): WaitingLetter | undefined {
    return this.#underWay;
  }

  isUnderWay(id: string): boolean {
    return this.#underWay?.letter.id === id;
  }

  /** Tries all letters again without a pause: what failed before may work now. */
  retryNow(): void {
    this.#pace.reset();
    for (const waiting of this.#queue) waiting.notBeforeMs = 0;
    this.#wake.abort();
  }

  /**
   * Tries each waiting letter once more, at once, until `deadlineMs` have passed. Then `waiting`
   * has the letters that could not be delivered.
   */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    this.#wake.abort();
    const atEnd = new AbortController();
    const deadline = this.#options.sleep(deadlineMs, atEnd.signal).then(() => this.#stop.abort());
    await this.#working;
    await this.#tryEachOnce();
    atEnd.abort();
    await deadline;
  }

  async #work(): Promise<void> {
    while (!this.#isClosing) {
      const nowMs = this.#options.nowMs();
      const pick = pickLetter(this.#queue, this.#pace, nowMs);
      if (pick === undefined) break;
      if (pick.atMs <= nowMs) await this.#try(pick.waiting);
      else await this.#pause(pick.atMs - nowMs);
    }
    // In the same turn as the last look at the queue: later, a letter submitted in between would
    // never be looked at.
    this.#working = undefined;
  }

  async #pause(ms: number): Promise<void> {
    this.#wake = new AbortController();
    await this.#options.sleep(ms, this.#wake.signal);
  }

  async #tryEachOnce(): Promise<void> {
    const blocked = new Set<string | undefined>();
    for (const waiting of this.#queue) {
      const { lane } = waiting.letter;
      if (this.#stop.signal.aborted) return;
      if (lane !== undefined && blocked.has(lane)) continue;
      if (!(await this.#try(waiting))) blocked.add(lane);
    }
  }

  /** Tries a letter. Resolves to true if it has left the queue. */
  async #try(waiting: WaitingLetter): Promise<boolean> {
    const { attempt, nowMs, report } = this.#options;
    const { letter } = waiting;
    if (waiting.tries > 0) this.#counts.retried++;
    this.#underWay = waiting;
    waiting.begunAtMs = nowMs();
    const outcome = await attempt(letter, this.#stop.signal).catch(ownFault);
    waiting.spentMs = spentMsOf(waiting, nowMs());
    waiting.begunAtMs = undefined;
    this.#underWay = undefined;
    if (outcome.ok) {
      this.#delivered(waiting, outcome.warning);
      return true;
    }
    noteFailure(waiting, outcome, nowMs());
    if (outcome.trouble !== "message") this.#pace.failed(waiting, outcome, nowMs());
    if (waiting.tries === 1 && !isTooLate(waiting, nowMs())) report({ letter, what: "retrying", error: outcome.error });
    this.#giveUpLate();
    return !this.#queue.includes(waiting);
  }

  #delivered(waiting: WaitingLetter, warning: string | undefined): void {
    const { letter } = waiting;
    const replaced = this.#queue
      .slice(0, this.#queue.indexOf(waiting))
      .filter((each) => letter.lane !== undefined && each.letter.lane === letter.lane);
    this.#remove(waiting);
    this.#counts.delivered++;
    this.#pace.delivered(this.#options.nowMs());
    this.#options.settled(letter);
    if (warning !== undefined) this.#options.report({ letter, what: "warning", error: warning });
    for (const each of replaced) this.#giveUp(each, `${REPLACED} ${each.lastError ?? "none"}`);
  }

  /** Gives up the letters that failed and have waited too long. */
  #giveUpLate(): void {
    const nowMs = this.#options.nowMs();
    for (const waiting of this.#queue)
      if (waiting.tries > 0 && isTooLate(waiting, nowMs)) this.#giveUp(waiting, waiting.lastError ?? "");
  }

  #giveUp(waiting: WaitingLetter, error: string): void {
    this.#remove(waiting);
    this.#counts.failed++;
    this.#lastGivenUp = { letter: waiting.letter, error, atMs: this.#options.nowMs() };
    this.#options.settled(waiting.letter, error);
    this.#options.report({ letter: waiting.letter, what: "failed", error });
  }

  #remove(waiting: WaitingLetter): void {
    this.#queue = this.#queue.filter((each) => each !== waiting);
    this.#pace.forget(waiting);
  }
}

/** Returns the outcome of a fault of ours: other letters must not wait for ever for it. */
function ownFault(error: unknown): Outcome {
  return { ok: false, trouble: "message", error: errorText(error) };
}
