import { setTimeout } from "node:timers/promises";
import { type FileLock, LockedByAnother, lockFile } from "./file-lock.ts";

/** A daemon that is told to end does so within that, unless it waits for receivers. */
const ENDING_MS = 2_000;
/** What a disk that does not answer may take of the start. */
const LOCKING_MS = 5_000;

/** Another daemon has what only one can have. The message names it. */
export class AnotherDaemon extends Error {}

/** That this daemon is the only one with a place: its state folder, or its control socket. */
export class SoleUse implements AsyncDisposable {
  readonly #what: string;
  #path = "";
  #lock: FileLock | undefined;
  /** settles when no claim is under way: two at once would find the file locked by each other */
  #claiming: Promise<void> = Promise.resolve();

  /** @param what the place, for the message: "the state folder" */
  constructor(what: string) {
    this.#what = what;
  }

  /**
   * Claims a place in place of the one before, and claims it again where its lock file is not there any more.
   *
   * @param place what the message names
   * @param path of the lock file, which is `place` with a suffix, or is in it
   * @throws AnotherDaemon, and other errors where there can be no lock
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
      throw new Error(`"${path}" could not be locked within ${LOCKING_MS / 1000}s`);
    });
    const locking = lockFile(path, ENDING_MS);
    let isLate = false;
    // A disk that answers later on gives a lock that nobody waits for.
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
      throw new AnotherDaemon(`another bpfwarden${who} has ${this.#what} "${place}": ${help}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.race([this.#claiming, setTimeout(LOCKING_MS, undefined, { ref: false })]);
    await this.#lock?.[Symbol.asyncDispose]();
    this.#lock = undefined;
  }
}
