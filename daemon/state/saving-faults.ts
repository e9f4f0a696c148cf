import { errorText } from "../../bpf/source/error-text.ts";
import type { Logger } from "../service/logger.ts";

/** Faults that are remembered as logged. */
const MOST = 1000;

/**
 * The owner of the state to save: a rule or an alert, or groups and budgets if neither is given.
 */
interface Saved {
  readonly rule?: string;
  /** the id */
  readonly alert?: string;
}

/**
 * Saves one thing after the other. A fault of ours in one of them stops neither the others nor the
 * messages that wait for them. It is logged once: it comes again with every tick.
 */
export class SavingFaults {
  readonly #logger: Logger;
  readonly #logged = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  guard(saved: Saved, save: () => void): void {
    try {
      save();
    } catch (error) {
      this.log(saved, error);
    }
  }

  log(saved: Saved, error: unknown): void {
    const key = JSON.stringify([saved, errorText(error)]);
    if (this.#logged.has(key)) return;
    if (this.#logged.size >= MOST) this.#logged.clear();
    this.#logged.add(key);
    this.#logger.error({ ...saved, err: error }, `saving ${wordsOf(saved)} failed: a restart would forget it`);
  }
}

function wordsOf({ rule, alert }: Saved): string {
  if (rule !== undefined) return "a rule's state";
  return alert === undefined ? "the state of notification groups" : "an alert";
}
