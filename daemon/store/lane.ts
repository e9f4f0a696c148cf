import { Changes } from "./changes.ts";

/**
 * The lanes of changes, the one to write first before the other. Counts are large and can do
 * without: if the disk has no room for them, alerts and messages must still be written.
 */
export const LANES = ["alerts", "counts"] as const;

export type LaneName = (typeof LANES)[number];

/** The messages about the trouble of each lane, and about its end. */
export const TROUBLE: Readonly<Record<LaneName | "history", { readonly lost: string; readonly again: string }>> = {
  alerts: { lost: "state is not kept: a restart would forget alerts and silences", again: "state is kept again" },
  counts: { lost: "counts are not kept: windows would begin anew after a restart", again: "counts are kept again" },
  history: { lost: "the history of alerts is not kept", again: "the history of alerts is kept again" },
};

/** Changes that are written together. */
export class Lane {
  /** changes since the last commit */
  open = new Changes();
  /** changes of commits that wait for the thread */
  sealed = new Changes();
  /** why the last write failed */
  trouble: string | undefined;
  #done = Promise.withResolvers<void>();

  /** Resolves when the sealed changes are on the disk, or when the write failed. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Adds the open changes to the sealed ones. Returns true if there were any. */
  seal(): boolean {
    const isNew = !this.open.isEmpty;
    this.sealed.add(this.open);
    this.open = new Changes();
    return isNew;
  }

  /** Takes the sealed changes, to write them. */
  take(): { readonly changes: Changes; readonly done: PromiseWithResolvers<void> } {
    const taken = { changes: this.sealed, done: this.#done };
    this.sealed = new Changes();
    this.#done = Promise.withResolvers();
    return taken;
  }

  /** Drops all changes that are not being written. */
  clear(): void {
    this.open = new Changes();
    this.sealed = new Changes();
  }

  /** Lets those go who wait for the sealed changes, because they are not written now. */
  release(): void {
    this.#done.resolve();
    this.#done = Promise.withResolvers();
  }

  /** Takes changes back that could not be written. */
  putBack(changes: Changes): void {
    changes.add(this.sealed);
    this.sealed = changes;
  }
}
