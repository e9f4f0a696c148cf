import type { OpenAlert } from "./pipeline-state.ts";
import { severityOf } from "./severity.ts";

/**
 * Alerts of one rule that fired and ended and that are kept until somebody was notified: as many as
 * a rule may have keys by default.
 */
const KEPT = 10_000;

/**
 * The alerts that have ended and are still to be sent, by rule: what a rule can make the daemon
 * remember is bounded.
 */
export class WaitingEnds {
  readonly #ofRule = new Map<string, Set<OpenAlert>>();

  /** Gives those that are too many from now on: of the least severe the oldest. */
  add(alert: OpenAlert): readonly OpenAlert[] {
    const waiting = this.#ofRule.getOrInsertComputed(alert.rule, () => new Set());
    waiting.add(alert);
    if (waiting.size <= KEPT) return [];
    // A tenth at once, so that the search costs little for each.
    const oldest = [...waiting].toSorted((a, b) => severityOf(a.peak) - severityOf(b.peak)).slice(0, KEPT / 10);
    for (const each of oldest) waiting.delete(each);
    return oldest;
  }

  remove(alert: OpenAlert): void {
    const waiting = this.#ofRule.get(alert.rule);
    waiting?.delete(alert);
    if (waiting?.size === 0) this.#ofRule.delete(alert.rule);
  }
}
