import { setImmediate } from "node:timers/promises";
import { SLICE_MS } from "../service/in-turns.ts";

/** The callbacks for evaluating one rule's tick. */
export interface Judged<Item> {
  readonly pieces: Iterator<readonly Item[], void>;
  /** must not throw */
  readonly take: (items: readonly Item[]) => void;
  /** called if evaluating failed; the next tick starts from an empty state */
  readonly fail: (error: unknown) => void;
}

/**
 * Evaluations in progress, by rule. Each runs on the event loop in slices, so that a rule with a
 * hundred thousand keys delays neither other rules nor other work.
 */
export class Judging<Rule, Item> {
  readonly #nowMs: () => number;
  readonly #underWay = new Map<Rule, Promise<void>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Returns true if a rule's last tick is still being judged. */
  has(rule: Rule): boolean {
    return this.#underWay.has(rule);
  }

  get isIdle(): boolean {
    return this.#underWay.size === 0;
  }

  /** Judges for one slice at once, and the rest in later turns. */
  begin(rule: Rule, judged: Judged<Item>): void {
    if (!this.#takeSlice(judged)) this.#follow(rule, this.#finish(judged));
  }

  /** Runs other work on a rule after its tick has been judged, and before the next one is. */
  after(rule: Rule, work: Judged<Item>): void {
    const before = this.#underWay.get(rule);
    if (before === undefined) this.begin(rule, work);
    else
      this.#follow(
        rule,
        before.then(() => this.#finish(work)),
      );
  }

  /** Resolves when a rule's tick has been judged, or at once if none is in progress. */
  async settled(rule: Rule): Promise<void> {
    while (this.has(rule)) await this.#underWay.get(rule);
  }

  /** Resolves when nothing is in progress, or after `ms`. */
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

  /** Returns true if all pieces are done. */
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
