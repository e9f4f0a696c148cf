import { setImmediate } from "node:timers/promises";
import { SLICE_MS } from "../service/in-turns.ts";

/** What comes of judging one rule's tick. */
export interface Judged<Item> {
  readonly pieces: Iterator<readonly Item[], void>;
  /** must not throw */
  readonly take: (items: readonly Item[]) => void;
  /** evaluating it failed: its next tick begins anew */
  readonly fail: (error: unknown) => void;
}

/**
 * Evaluations that are under way, by rule. Each has its turn on the loop a slice at a time, so that a rule of a hundred thousand keys holds up
 * no other, nor what else the loop has to do.
 */
export class Judging<Rule, Item> {
  readonly #nowMs: () => number;
  readonly #underWay = new Map<Rule, Promise<void>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether a rule's last tick is still being judged. */
  has(rule: Rule): boolean {
    return this.#underWay.has(rule);
  }

  get isIdle(): boolean {
    return this.#underWay.size === 0;
  }

  /** Judges as much as fits into a slice at once, and the rest in the turns after. */
  begin(rule: Rule, judged: Judged<Item>): void {
    if (!this.#takeSlice(judged)) this.#follow(rule, this.#finish(judged));
  }

  /** Has other work on a rule done once its tick has been judged, and before the next one is. */
  after(rule: Rule, work: Judged<Item>): void {
    const before = this.#underWay.get(rule);
    if (before === undefined) this.begin(rule, work);
    else
      this.#follow(
        rule,
        before.then(() => this.#finish(work)),
      );
  }

  /** Resolves once a rule's tick has been judged, or at once where none is. */
  async settled(rule: Rule): Promise<void> {
    while (this.has(rule)) await this.#underWay.get(rule);
  }

  /** Resolves once nothing is under way, or `ms` have passed. */
  async idle(ms = Infinity): Promise<void> {
    const untilMs = this.#nowMs() + ms;
    while (!this.isIdle && this.#nowMs() < untilMs) await setImmediate();
  }

  #follow(rule: Rule, done: Promise<void>): void {
    const last = done.finally(() => {
      if (this.#underWay.get(rule) === last) this.#underWay.delete(rule);
    });
    this.#underWay.set(rule, last);
  }

  async #finish(judged: Judged<Item>): Promise<void> {
    do await setImmediate();
    while (!this.#takeSlice(judged));
  }

  /** Gives whether that was all. */
  #takeSlice({ pieces, take, fail }: Judged<Item>): boolean {
    const untilMs = this.#nowMs() + SLICE_MS;
    try {
      do {
        const { done, value } = pieces.next();
        if (done === true) return true;
        if (value.length > 0) take(value);
      } while (this.#nowMs() < untilMs);
      return false;
    } catch (error) {
      fail(error);
      return true;
    }
  }
}
