import type { HistoryChange } from "./history-change.ts";

/** The most changes in one batch: copying them for the thread takes a few milliseconds. */
const AT_ONCE = 500;
/** The most changes that wait for the disk. */
const MOST = 50_000;

/** The changes of the history that wait for the disk, in their order. Those beyond a limit are lost. */
export class HistoryQueue {
  readonly #limit: number;
  #changes: HistoryChange[] = [];
  #taken = 0;
  #lost = 0;

  constructor(limit = MOST) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#taken === this.#changes.length;
  }

  /** the number of changes that were lost because the disk did not take others */
  get lost(): number {
    return this.#lost;
  }

  add(change: HistoryChange): void {
    if (this.#changes.length - this.#taken >= this.#limit) this.#lost++;
    else this.#changes.push(change);
  }

  /** Returns the next changes. They stay until `drop`. */
  next(): readonly HistoryChange[] {
    return this.#changes.slice(this.#taken, this.#taken + AT_ONCE);
  }

  /** Forgets changes that are on the disk. */
  drop(count: number): void {
    this.#taken += count;
    if (!this.isEmpty && this.#taken < MOST) return;
    this.#changes = this.#changes.slice(this.#taken);
    this.#taken = 0;
  }
}
