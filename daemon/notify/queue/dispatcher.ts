import type { Clock } from "../../service/clock.ts";
import type { ActionSettings } from "../../settings/settings.ts";
import type { Store } from "../../store/store.ts";
import type { Delivery, Outcome } from "./delivery.ts";
import { DroppedLetters } from "./dropped-letters.ts";
import { LEVELS } from "../../rules/levels.ts";
import type { Letter } from "./letter.ts";
import { type DeadLetter, Outbox } from "./outbox.ts";
import { type DeliveryCounters, type GivenUp, type QueueOptions, ReceiverQueue } from "./receiver-queue.ts";
import { SentMessages } from "./sent-messages.ts";
import type { WaitingLetter } from "./waiting-letter.ts";
import { within } from "./within.ts";

/** The failed attempts at a receiver. */
export interface ReceiverTrouble {
  readonly counters: DeliveryCounters;
  /** letters that have failed, the oldest first */
  readonly failing: readonly WaitingLetter[];
  /** the letter that is being tried */
  readonly underWay: WaitingLetter | undefined;
  readonly lastGivenUp: GivenUp | undefined;
}

export interface DispatcherOptions extends Omit<QueueOptions, "attempt" | "settled" | "nowMs"> {
  readonly attempt: (delivery: Delivery, signal: AbortSignal) => Promise<Outcome>;
  readonly clock: Pick<Clock, "bootMs" | "unixMs" | "unixNs">;
  /** called when a letter was delivered or, with an error, given up */
  readonly onSettled?: (letter: Letter, error?: string) => void;
  /** ids of deliveries, never the same twice */
  readonly newId: () => string;
}

/**
 * The longest wait for the disk to hold a letter. A disk that takes longer, or hangs, must not
 * prevent notifications.
 */
const HOLD_MS = 500;
/** The longest wait for the content of a letter. A disk that takes longer does not answer. */
const LOAD_MS = 60_000;
const STOPPED: Outcome = { ok: false, trouble: "passing", error: "stopped before it was tried" };
const TOO_MUCH = "too much waits, and this was the least severe or the oldest";

/**
 * Takes deliveries and brings them to their receivers. None of them waits because of another
 * receiver's trouble.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #outbox: Outbox;
  readonly #sent: SentMessages;
  readonly #queues = new Map<string, ReceiverQueue>();
  /** by action: what was dropped, and the letter that says so */
  readonly #dropped = new Map<string, { readonly letters: DroppedLetters; readonly id: string }>();
  #actions: ReadonlyMap<string, ActionSettings> = new Map();
  /** ids of letters that came since the last `keep` */
  #held = new Set<string>();
  #isOpen = true;
  #onHeld: () => void = () => undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.clock);
    this.#sent = new SentMessages(() => options.clock.unixMs());
  }

  /** @param limitBytes the most that all waiting content may take */
  use(actions: ReadonlyMap<string, ActionSettings>, limitBytes: number): void {
    this.#actions = actions;
    this.#outbox.use(limitBytes);
    for (const queue of this.#queues.values()) queue.retryNow();
  }

  /**
   * Goes on with the letters of an earlier process. From the next `keep` on, waiting letters are in
   * the store.
   */
  open(store: Store): void {
    this.#sent.open(store);
    const { waiting, lost, unread } = this.#outbox.open(store, this.#actions);
    for (const letter of lost)
      this.#options.report({ letter, what: "dropped", error: "there is no such action any more" });
    for (const letter of waiting) this.#queueOf(letter.action).submit(letter);
    for (const { action, level, letters, items } of unread) this.#tellDropped(action, level, letters, items);
    const { clock } = this.#options;
    for (const { letter, failed } of this.#outbox.deadLetters) {
      const atMs = failed.unixMs - (clock.unixMs() - clock.bootMs());
      if (this.#actions.has(letter.action)) this.#queueOf(letter.action).recall({ letter, error: failed.error, atMs });
    }
  }

  /**
   * Puts waiting letters into the store's next commit, and drops those that are too many. Returns
   * the ids of the letters that may go once that commit is on the disk.
   */
  keep(): ReadonlySet<string> {
    for (const letter of this.#outbox.keep()) this.#drop(letter, TOO_MUCH);
    // The letters that say what was dropped.
    this.#outbox.keep();
    const held = this.#held;
    this.#held = new Set();
    return held;
  }

  /**
   * Lets held letters go. If the daemon is killed right after such a letter was sent, the next
   * daemon sends the end of its alerts: the alerts and their notification were on the disk before.
   */
  letGo(ids: ReadonlySet<string>): void {
    if (ids.size > 0) for (const queue of this.#queues.values()) queue.letGo(ids);
  }

  /** Writes the letters again, since the store may have forgotten everything. */
  renew(): void {
    this.#sent.renew();
    for (const letter of this.#outbox.renew())
      this.#drop(letter, "the state that it was kept in was deleted or replaced");
  }

  /** Calls a function whenever a delivery begins to wait for `keep` and `letGo`. */
  whenHeld(call: () => void): void {
    this.#onHeld = call;
  }

  submit(delivery: Delivery): void {
    const nowMs = this.#options.clock.bootMs();
    const letter = this.#outbox.add(delivery, nowMs);
    if (!this.#isOpen) {
      this.#outbox.settle(letter);
      this.#options.report({ letter, what: "dropped", error: "the service is stopping" });
      return;
    }
    const isHeld = this.#outbox.isStored;
    this.#queueOf(letter.action).submit(letter, isHeld ? nowMs + HOLD_MS : 0);
    if (!isHeld) return;
    this.#held.add(letter.id);
    this.#onHeld();
  }

  /** True if no letter waits for this action. */
  isIdle(action: string): boolean {
    return (this.#queues.get(action)?.waiting.length ?? 0) === 0;
  }

  /** Letters that were given up, the oldest first. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#outbox.deadLetters;
  }

  /** by the action's name */
  get receivers(): ReadonlyMap<string, ReceiverTrouble> {
    return new Map(
      Array.from(this.#queues, ([name, queue]) => {
        const failing = queue.waiting.filter(({ tries }) => tries > 0);
        const { counters, underWay, lastGivenUp } = queue;
        return [name, { counters, failing, underWay, lastGivenUp }];
      }),
    );
  }

  /**
   * Takes no more letters. Tries each waiting letter once more at once. Resolves after `deadlineMs`
   * at most, with the letters that are left, the oldest of each receiver first.
   */
  async close(deadlineMs: number): Promise<readonly Letter[]> {
    this.#isOpen = false;
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.close(deadlineMs)));
    this.keep();
    return [...this.#queues.values()].flatMap((queue) => queue.waiting.map(({ letter }) => letter));
  }

  #queueOf(action: string): ReceiverQueue {
    return this.#queues.getOrInsertComputed(action, () => new ReceiverQueue(this.#queueOptions));
  }

  get #queueOptions(): QueueOptions {
    const { report, clock, random, sleep } = this.#options;
    return {
      ...{ report, random, sleep, nowMs: () => clock.bootMs() },
      attempt: async ({ id }, signal) => {
        const loaded = await within(LOAD_MS, signal, () => this.#outbox.load(id));
        if ("ok" in loaded) return loaded;
        return signal.aborted ? STOPPED : this.#attempt(this.#redirected(loaded), signal);
      },
      settled: (letter, error) => {
        this.#outbox.settle(letter, error);
        this.#sent.settle(letter.id);
        this.#options.onSettled?.(letter, error);
      },
    };
  }

  async #attempt(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.#options.attempt(this.#sent.withKnown(delivery), signal);
    this.#sent.note(delivery, outcome);
    return outcome;
  }

  /** Returns the delivery with the action as it is now, or as it was if the action is gone. */
  #redirected(delivery: Delivery): Delivery {
    return { ...delivery, action: this.#actions.get(delivery.action.name) ?? delivery.action };
  }

  /** Drops a letter, unless it is being tried. */
  #drop(letter: Letter, why: string): void {
    const { id, action, level, items } = letter;
    if (!this.#queueOf(action).drop(id, why)) return;
    this.#outbox.settle(letter);
    this.#tellDropped(action, LEVELS.indexOf(level), 1, items);
  }

  /**
   * Reports dropped letters to their receiver. One letter counts all of them until it is delivered.
   */
  #tellDropped(action: string, level: number, letters: number, items: number): void {
    const settings = this.#actions.get(action);
    if (settings === undefined) return;
    const before = this.#dropped.get(action);
    const isToCome =
      before !== undefined && this.#outbox.has(before.id) && !this.#queueOf(action).isUnderWay(before.id);
    const dropped = isToCome ? before : { letters: new DroppedLetters(), id: this.#options.newId() };
    dropped.letters.add(level, letters, items);
    const content = dropped.letters.content(this.#options.clock.unixNs());
    this.#dropped.set(action, dropped);
    if (isToCome) this.#outbox.replace(dropped.id, content);
    else this.submit({ id: dropped.id, action: settings, content });
  }
}
