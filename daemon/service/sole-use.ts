import { setTimeout } from "node:timers/promises";
import { type FileLock, LockedByAnother, lockFile } from "./file-lock.ts";

/** The time for another daemon to end, unless it waits for receivers. */
const ENDING_MS = 2_000;
/** The longest delay of the start by a lock on a disk that does not answer. */
const LOCKING_MS = 5_000;

/** Another daemon uses a place that only one daemon can use. The message names both. */
export class AnotherDaemon extends Error {}

/** Exclusive use of a place by this daemon: its state folder or its control socket. */
export class SoleUse implements AsyncDisposable {
  readonly #what: string;
  #path = "";
  #lock: FileLock | undefined;
  /**
   * settles when no claim is in progress: two concurrent claims would find the file locked by each
   * other
   */
  #claiming: Promise<void> = Promise.resolve();

  /** @param what the kind of place, for the message: "the state folder" */
  constructor(what: string) {
    this.#what = what;
  }

  /**
   * Claims a place and releases the previous one. Claims the same place again if its lock file was
   * removed.
   *
   * @param place the place's name in messages
   * @param path the lock file, which is `place` with a suffix or in it
   * @throws AnotherDaemon, or another error if locking fails
   */
  async claim(place: string, path: string): Promise<void> {
    const claim = this.#claiming.then(() => this.#claim(place, path));
    this.#claiming = claim.catch(() => undefined);
    return claim;
  }

  async #claim(place: string, path: string): Promise<void> {
    if (path === this.#path && (await this.#lock?.isInPlace()) === true) return;
    const lock = await this.#lockWithin(place, path);
    const former = this.#lock;
    this.#lock = lock;
    this.#path = path;
    await former?.[Symbol.asyncDispose]();
  }

  async #lockWithin(place: string, path: string): Promise<FileLock> {
    const late = setTimeout(LOCKING_MS, undefined, { ref: false }).then(() => {
      throw new Error(`cannot lock "${path}": its disk did not answer within ${LOCKING_MS / 1000}s`);
    });
    const locking = lockFile(path, ENDING_MS);
    let isLate = false;
    // A disk that answers later yields a lock that nobody waits for.
    void locking.then(
      async (lock) => (isLate ? lock[Symbol.asyncDispose]() : undefined),
      () => undefined,
    );
    try {
      return await Promise.race([locking, late]);
    } catch (error) {
      isLate = true;
      if (!(error instanceof LockedByAnother)) throw error;
      const who = error.pid === undefined ? "" : `, process ${error.pid},`;
      const help = `stop it, or give this one a "state_dir" and a "socket" of its own in its settings`;
      throw new AnotherDaemon(`another bpfwarden${who} uses ${this.#what} "${place}": ${help}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.race([this.#claiming, setTimeout(LOCKING_MS, undefined, { ref: false })]);
    await this.#lock?.[Symbol.asyncDispose]();
    this.#lock = undefined;
  }
}
