import { join } from "node:path";
import { errorText } from "../../bpf/source/error-text.ts";
import type { Clock } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import { AnotherDaemon, SoleUse } from "../service/sole-use.ts";

/** The least time between two looks at the lock's file. */
const LOOK_MS = 1_000;

export interface StateLockOptions {
  readonly stateDir: string;
  readonly clock: Pick<Clock, "bootMs">;
  readonly logger: Logger;
}

/** The lock on the state folder. If it cannot be locked, rules run all the same. */
export class StateLock implements AsyncDisposable {
  readonly #options: StateLockOptions;
  readonly #use = new SoleUse("the state folder");
  #isClaiming = false;
  #claimedAtMs = 0;
  /** why it could not be locked the last time */
  #fault: string | undefined;

  constructor(options: StateLockOptions) {
    this.#options = options;
  }

  /** Claims the folder. Rejects only with AnotherDaemon. */
  async claim(): Promise<void> {
    const error = await this.#faultOfClaim();
    if (error instanceof AnotherDaemon) throw error;
    this.#report(error);
  }

  /**
   * Claims the folder again, in case somebody removed the lock's file or the whole folder: another
   * daemon would find no lock.
   */
  look(): void {
    const nowMs = this.#options.clock.bootMs();
    if (this.#isClaiming || Math.abs(nowMs - this.#claimedAtMs) < LOOK_MS) return;
    this.#claimedAtMs = nowMs;
    void this.#claimAgain();
  }

  async #claimAgain(): Promise<void> {
    this.#isClaiming = true;
    this.#report(await this.#faultOfClaim());
    this.#isClaiming = false;
  }

  async #faultOfClaim(): Promise<unknown> {
    const { stateDir } = this.#options;
    try {
      await this.#use.claim(stateDir, join(stateDir, "daemon.lock"));
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Logs each fault once, until it is another one. */
  #report(error: unknown): void {
    const fault = error === undefined ? undefined : errorText(error);
    const message = "the state folder cannot be locked: another daemon that uses it would not be noticed";
    if (fault !== undefined && fault !== this.#fault) this.#options.logger.warn({ err: error }, message);
    this.#fault = fault;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#use[Symbol.asyncDispose]();
  }
}
