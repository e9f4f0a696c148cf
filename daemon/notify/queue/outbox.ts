import { errorText } from "../../../bpf/source/error-text.ts";
import type { Clock } from "../../service/clock.ts";
import type { ActionSettings } from "../../settings/settings.ts";
import type { LetterFailure, LetterRow, UnreadLetters } from "../../store/batch.ts";
import type { Store } from "../../store/store.ts";
import type { Delivery, DeliveryContent, Failure } from "./delivery.ts";
import { DROPPED } from "./dropped-letters.ts";
import { LEVELS } from "../../rules/levels.ts";
import { type Letter, letterOf } from "./letter.ts";
import { contentOf, contentText, isWorthKeeping, roughBytes } from "./letter-content.ts";
import { surplusOf } from "./surplus.ts";

/** A letter that was given up. Its content stays in the store. */
export interface DeadLetter {
  readonly letter: Letter;
  readonly failed: LetterFailure;
}

/** The most letters that are kept after they were given up: of more, the oldest are forgotten. */
const MAX_DEAD = 100;
/** The most letters that wait in all. */
const MAX_LETTERS = 10_000;
/** The most content in memory that is in the store, too. */
const MEMORY_BYTES = 4 * 1024 * 1024;
/**
 * The most content that is in no store, because there is none yet or because it is not to be
 * stored.
 */
const UNSTORED_BYTES = 32 * 1024 * 1024;

/**
 * The time after which a letter's content is no longer held as submitted. Most letters are
 * delivered sooner.
 */
const FRESH_MS = 2000;

export interface OpenedOutbox {
  readonly waiting: readonly Letter[];
  /** letters whose action is gone */
  readonly lost: readonly Letter[];
  readonly unread: readonly UnreadLetters[];
}

interface Entry {
  readonly letter: Letter;
  readonly action: ActionSettings;
  readonly sequence: number;
  /** as it was submitted, or as text; undefined if it is only in the store */
  content: DeliveryContent | string | undefined;
  /** the size of the text; 0 before there is one */
  bytes: number;
  readonly isKept: boolean;
}

/**
 * The content of deliveries that wait, limited in bytes and kept over a restart. It is written
 * together with the state in which its alerts are notified, so each letter is delivered at least
 * once. A letter that was delivered right before the process was killed is delivered again, under
 * the same id.
 */
export class Outbox {
  readonly #clock: Pick<Clock, "bootMs" | "unixMs">;
  readonly #entries = new Map<string, Entry>();
  #store: Store | undefined;
  #limitBytes = Infinity;
  #sequence = 0;
  #dead: readonly DeadLetter[] = [];

  constructor(clock: Pick<Clock, "bootMs" | "unixMs">) {
    this.#clock = clock;
  }

  /** The letters that were given up, the oldest first. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#dead;
  }

  /** The waiting content in memory, in bytes of its text. */
  get memoryBytes(): number {
    return this.#entries.values().reduce((sum, { content, bytes }) => (content === undefined ? sum : sum + bytes), 0);
  }

  /** True if a store holds the waiting letters, as far as is known. */
  get isStored(): boolean {
    return this.#store !== undefined && this.#store.trouble === undefined;
  }

  /** @param limitBytes the most that waiting content may take */
  use(limitBytes: number): void {
    this.#limitBytes = limitBytes;
  }

  /**
   * Takes up the letters of an earlier process, in their order. Returns the letters that wait, and
   * those whose action is gone.
   */
  open(store: Store, actions: ReadonlyMap<string, ActionSettings>): OpenedOutbox {
    this.#store = store;
    const [waiting, lost]: [Letter[], Letter[]] = [[], []];
    const { letters, unread } = store.takeLetters();
    for (const row of letters) {
      const letter = this.#letterOf(row);
      this.#sequence = Math.max(this.#sequence, row.sequence + 1);
      const action = actions.get(row.action);
      if (row.failed !== undefined) this.#dead = [...this.#dead, { letter, failed: row.failed }];
      else if (action === undefined) {
        lost.push(letter);
        store.changeLetter({ id: row.id });
      } else {
        waiting.push(letter);
        const { sequence, bytes, id } = row;
        this.#entries.set(id, { letter, action, sequence, bytes, content: undefined, isKept: true });
      }
    }
    this.#dead = this.#dead.toSorted((one, other) => one.failed.unixMs - other.failed.unixMs);
    return { waiting, lost, unread };
  }

  /**
   * Writes everything again, since the store may have forgotten it. Returns the letters whose
   * content is lost.
   */
  renew(): readonly Letter[] {
    const stored = new Set(this.#store?.takeLetters().letters.map(({ id }) => id));
    const dead = new Set(this.#dead.map(({ letter }) => letter.id));
    for (const id of stored) if (!this.#entries.has(id) && !dead.has(id)) this.#store?.changeLetter({ id });
    const lost: Letter[] = [];
    for (const entry of this.#entries.values()) {
      if (!entry.isKept || entry.bytes === 0) continue;
      if (entry.content !== undefined) this.#put(entry);
      else if (!stored.has(entry.letter.id)) lost.push(entry.letter);
    }
    return lost;
  }

  add(delivery: Delivery, sinceMs: number): Letter {
    const letter = letterOf(delivery, sinceMs);
    const { action, content } = delivery;
    const sequence = this.#sequence++;
    this.#entries.set(letter.id, { letter, action, sequence, content, bytes: 0, isKept: isWorthKeeping(delivery) });
    return letter;
  }

  /** Gives another content to a letter that waits. */
  replace(id: string, content: DeliveryContent): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) Object.assign(entry, { content, bytes: 0 });
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Returns the delivery of a letter, or a failure if its content cannot be read. */
  async load(id: string): Promise<Delivery | Failure> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return { ok: false, trouble: "message", error: "the message is lost" };
    let text: DeliveryContent | string | undefined;
    try {
      text = entry.content ?? (await this.#store?.letterContent(id));
    } catch (error) {
      return { ok: false, trouble: "passing", error: `the message cannot be read yet: ${errorText(error)}` };
    }
    try {
      if (text === undefined) throw new Error("it is not there");
      return { id, action: entry.action, content: typeof text === "string" ? contentOf(text) : text };
    } catch (error) {
      return { ok: false, trouble: "message", error: `the message cannot be read: ${errorText(error)}` };
    }
  }

  /** Ends the letter. If it was given up, it stays in the store. */
  settle({ id }: Letter, error?: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    if (error === undefined || !entry.isKept) {
      if (entry.isKept && entry.bytes > 0) this.#store?.changeLetter({ id });
      return;
    }
    if (entry.bytes === 0) this.#put(entry);
    const failed = { unixMs: this.#clock.unixMs(), error };
    this.#store?.changeLetter({ id, failed });
    this.#dead = [...this.#dead, { letter: entry.letter, failed }].slice(-MAX_DEAD);
  }

  /**
   * Puts waiting letters into the store's next commit, and keeps memory within its limit. Returns
   * the letters that must be dropped.
   */
  keep(): readonly Letter[] {
    const nowMs = this.#clock.bootMs();
    for (const entry of this.#entries.values()) {
      if (entry.bytes === 0) this.#measure(entry);
      else if (nowMs - entry.letter.sinceMs >= FRESH_MS) this.#shrink(entry);
    }
    this.#release();
    const entries = [...this.#entries.values()].filter(({ letter }) => letter.rule !== DROPPED);
    const limitBytes = this.isStored ? this.#limitBytes : Math.min(this.#limitBytes, UNSTORED_BYTES);
    const surplus = surplusOf(entries, { bytes: limitBytes, letters: MAX_LETTERS });
    const isGone = new Set(surplus);
    const unstored = entries.filter(({ letter, content }) => content !== undefined && !isGone.has(letter));
    return [...surplus, ...surplusOf(unstored, { bytes: UNSTORED_BYTES, letters: MAX_LETTERS })];
  }

  #measure(entry: Entry): void {
    if (entry.isKept) this.#put(entry);
    else if (entry.content !== undefined && typeof entry.content !== "string") entry.bytes = roughBytes(entry.content);
  }

  /**
   * Writes the content to the store. In memory it stays as submitted at first: reading the text
   * again takes longer than making it.
   */
  #put(entry: Entry): void {
    if (entry.content === undefined) return;
    const content = textOf(entry.content);
    entry.bytes = Buffer.byteLength(content);
    this.#store?.changeLetter({ id: entry.letter.id, put: { row: this.#rowOf(entry), content } });
  }

  /**
   * Drops the content of a letter that was not delivered at once if it is in the store. Otherwise
   * holds it as text, which takes less memory.
   */
  #shrink(entry: Entry): void {
    if (!entry.isKept || typeof entry.content !== "object") return;
    entry.content = this.#store?.hasLetter(entry.letter.id) === true ? undefined : textOf(entry.content);
  }

  /**
   * Frees memory of content that is in the store, too: first that of the letters that come last.
   */
  #release(): void {
    const held = [...this.#entries.values()].filter(({ content, isKept }) => content !== undefined && isKept);
    let bytes = held.reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of held.toReversed()) {
      if (bytes <= MEMORY_BYTES) return;
      if (this.#store?.hasLetter(entry.letter.id) !== true) continue;
      entry.content = undefined;
      bytes -= entry.bytes;
    }
  }

  #rowOf({ letter, sequence, bytes }: Entry): LetterRow {
    const { level, sinceMs, ...same } = letter;
    const sinceUnixMs = this.#clock.unixMs() - (this.#clock.bootMs() - sinceMs);
    return { ...same, sequence, bytes, level: LEVELS.indexOf(level), sinceUnixMs };
  }

  #letterOf({ id, action, rule, lane, level, items, sinceUnixMs }: LetterRow): Letter {
    const sinceMs = sinceUnixMs - (this.#clock.unixMs() - this.#clock.bootMs());
    const about = { id, action, rule, level: LEVELS[level] ?? "info", items, sinceMs };
    return { ...about, ...(lane !== undefined && { lane }) };
  }
}

const textOf = (content: DeliveryContent | string): string =>
  typeof content === "string" ? content : contentText(content);
