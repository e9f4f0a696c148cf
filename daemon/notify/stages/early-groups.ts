/** A group that was looked at between two ticks. */
interface EarlyGroup {
  /** the time of its early message; undefined if none went out */
  readonly sentAtMs: number | undefined;
  /** the ids of alerts that something held */
  readonly held: ReadonlySet<string>;
}

/**
 * The groups with alerts that were decided ahead of the tick that is to come. Of each, one message
 * goes out early. The tick then sends what else it found, as if both were one message: nothing of a
 * tick waits for the group's interval because a part of it came early.
 */
export class EarlyGroups {
  readonly #groups = new Map<string, EarlyGroup>();

  /** True if the group's early message went out. */
  hasSent(key: string): boolean {
    return this.#groups.get(key)?.sentAtMs !== undefined;
  }

  noteSent(key: string, sentAtMs: number): void {
    this.#groups.set(key, { held: new Set(), ...this.#groups.get(key), sentAtMs });
  }

  /** Takes note of alerts to look at again at the tick. */
  noteHeld(key: string, ids: readonly string[]): void {
    if (ids.length === 0) return;
    const { sentAtMs, held = new Set<string>() } = this.#groups.get(key) ?? {};
    this.#groups.set(key, { sentAtMs, held: held.union(new Set(ids)) });
  }

  /** Returns what is known of a group at the tick, and forgets it. */
  take(key: string): EarlyGroup | undefined {
    const early = this.#groups.get(key);
    this.#groups.delete(key);
    return early;
  }
}
