/** The number of alerts up to which alerts that may wait are saved all the same. */
const FEW = 1000;

/**
 * The changes of a pipeline's state that are still to be saved: 100,000 alerts are not written
 * again for one of them.
 */
export class PipelineChanges {
  readonly #ids = new Set<string>();
  /** alerts that a message contains: they are saved together with it */
  readonly #notified = new Set<string>();
  /** alerts of a burst that may wait until they change again */
  readonly #waiting = new Set<string>();
  #revision = 0;

  /** A number that is different each time that something may have changed. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Notes a change.
   *
   * @param id of an alert that changed or is gone; without one, state beside the alerts changed,
   *   which is saved as a whole
   */
  touch(id?: string): void {
    this.#revision++;
    if (id === undefined) return;
    this.#waiting.delete(id);
    if (!this.#notified.has(id)) this.#ids.add(id);
  }

  /**
   * Notes that a message contains an alert.
   *
   * @param id of the alert. If the process is killed after the message was sent, the next one must
   *   know the alert, to send its end.
   */
  touchNotified(id: string): void {
    this.#revision++;
    this.#waiting.delete(id);
    this.#ids.delete(id);
    this.#notified.add(id);
  }

  /** True if ids are left to be taken. */
  get isEmpty(): boolean {
    return this.#ids.size + this.#notified.size === 0 && (this.#waiting.size === 0 || this.#waiting.size > FEW);
  }

  /**
   * Returns the ids of alerts that changed: all that messages contain, and at most `most` others,
   * those that have waited longest.
   *
   * @param mayWait returns true if an alert, when there are many, need not be saved before it
   *   changes again
   */
  take(most: number, mayWait: (id: string) => boolean = () => false): readonly string[] {
    const notified = [...this.#notified];
    this.#notified.clear();
    const ids: string[] = [];
    const take = (from: Set<string>, isTaken: (id: string) => boolean): void => {
      for (const id of from) {
        if (ids.length >= most) return;
        from.delete(id);
        if (isTaken(id)) ids.push(id);
        else this.#waiting.add(id);
      }
    };
    const areMany = this.#ids.size + this.#waiting.size > FEW;
    take(this.#ids, (id) => !areMany || !mayWait(id));
    if (this.#waiting.size <= FEW || most === Infinity) take(this.#waiting, () => true);
    return [...notified, ...ids];
  }
}
