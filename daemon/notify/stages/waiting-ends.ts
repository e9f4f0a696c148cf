import type { OpenAlert } from "./pipeline-state.ts";
import { severityOf } from "./severity.ts";

/**
 * The most alerts of one rule that fired and ended and are kept until somebody was notified: as
 * many as a rule may have keys by default.
 */
const KEPT = 10_000;

/**
 * The ended alerts that are still to be sent, by rule. The memory that a rule can take this way is
 * limited.
 */
export class WaitingEnds {
  readonly #ofRule = new Map<string, Set<OpenAlert>>();

  /**
   * Adds an alert. Returns the alerts that are too many from now on: the oldest of the least
   * severe.
   */
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
