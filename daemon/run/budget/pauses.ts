const FIRST_MS = 60_000;
const LONGEST_MS = 64 * 60_000;
/** A rule that has run so long within its budget begins with the shortest pause again. */
const FORGIVEN_MS = 10 * 60_000;

interface Pause {
  readonly lengthMs: number;
  readonly untilMs: number;
  /** the limit that the rule was over */
  readonly limit: number;
}

/** The rules that are detached for a while: 1, 2, 4… minutes, at most 64. */
export class Pauses {
  readonly #pauses = new Map<string, Pause>();

  /** Begins a pause, and returns its length. */
  begin(rule: string, nowMs: number, limit: number): number {
    const before = this.#pauses.get(rule);
    const isForgiven = before === undefined || limit > before.limit || nowMs - before.untilMs > FORGIVEN_MS;
    const lengthMs = isForgiven ? FIRST_MS : Math.min(2 * before.lengthMs, LONGEST_MS);
    this.#pauses.set(rule, { lengthMs, untilMs: nowMs + lengthMs, limit });
    return lengthMs;
  }

  /** True for a rule whose pause has ended, also because the limit was raised since. */
  hasEnded(rule: string, nowMs: number, limit: number): boolean {
    const pause = this.#pauses.get(rule);
    return pause === undefined || nowMs >= pause.untilMs || limit > pause.limit;
  }
}
