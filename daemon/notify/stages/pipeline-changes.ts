/** What of a pipeline's state has changed and is still to be saved: 100,000 alerts are not written again for one of them. */
export class PipelineChanges {
  readonly #ids = new Set<string>();
  #revision = 0;

  /** Another number each time that something may have changed. */
  get revision(): number {
    return this.#revision;
  }

  /** @param id of the alert that is another one now, or gone; what is no alert is saved as a whole */
  touch(id?: string): void {
    this.#revision++;
    if (id !== undefined) this.#ids.add(id);
  }

  /** Whether ids are left to be taken. */
  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  /** The ids of alerts that changed, at most so many; those that have waited longest. */
  take(most: number): readonly string[] {
    const ids: string[] = [];
    for (const id of this.#ids) {
      if (ids.length >= most) break;
      ids.push(id);
      this.#ids.delete(id);
    }
    return ids;
  }
}
