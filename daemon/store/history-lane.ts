import { Changes } from "./changes.ts";
import type { Batch } from "./batch.ts";
import type { HistoryQuestion } from "./history-answers.ts";
import type { HistoryBatch, HistoryChange, HistoryLimits } from "./history-change.ts";
import { HistoryQueue } from "./history-queue.ts";

/** The pause after a write that failed. */
const PAUSE_MS = 5_000;

/** The history of alerts, as others use it. */
export interface StoreHistory {
  /** the reason why it is not written; undefined if it is */
  readonly trouble: string | undefined;
  /** the number of changes since the start that were lost */
  readonly lost: number;
  /** Sets how much of it is kept. */
  use(limits: HistoryLimits): void;
  /**
   * Adds a change, with one of the next commits. Nothing waits for it, and it may be lost if the
   * disk does not take it.
   */
  add(change: HistoryChange): void;
  /** Returns the answer as JSON. Rejects if the database cannot be read. */
  ask(question: HistoryQuestion): Promise<string>;
}

/**
 * The changes of the history: they are written after all others, and nothing waits for them. If the
 * disk does not take them, they are lost first.
 */
export class HistoryLane implements StoreHistory {
  readonly ask: StoreHistory["ask"];
  readonly #queue = new HistoryQueue();
  #limits: HistoryLimits = { retainMs: 0, rows: 0 };
  #underWay: HistoryBatch | undefined;
  #notBeforeMs = -Infinity;
  /** why the last write failed */
  trouble: string | undefined;

  constructor(ask: StoreHistory["ask"]) {
    this.ask = ask;
  }

  get lost(): number {
    return this.#queue.lost;
  }

  use(limits: HistoryLimits): void {
    this.#limits = limits;
  }

  add(change: HistoryChange): void {
    if (this.#limits.rows > 0) this.#queue.add(change);
  }

  /** Returns what to write now, if anything. */
  take(nowMs: number): Batch | undefined {
    if (this.#queue.isEmpty || nowMs < this.#notBeforeMs) return undefined;
    this.#underWay = { changes: this.#queue.next(), limits: this.#limits };
    return { ...new Changes().batch, history: this.#underWay };
  }

  written(): void {
    this.#queue.drop(this.#underWay?.changes.length ?? 0);
    this.#underWay = undefined;
  }

  failed(nowMs: number): void {
    this.#underWay = undefined;
    this.#notBeforeMs = nowMs + PAUSE_MS;
  }
}
