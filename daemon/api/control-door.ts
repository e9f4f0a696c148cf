import { statSync } from "node:fs";
import type { ControlApi } from "./control-api.ts";
import { isListening } from "./listen-on-socket.ts";
import { startControlServer } from "./control-server.ts";
import { type DaemonRecord, removeDaemonRecord, writeDaemonRecord } from "../service/daemon-record.ts";
import type { Logger } from "../service/logger.ts";
import { AnotherDaemon, type SoleUse } from "../service/sole-use.ts";
import { errorText } from "../../bpf/source/error-text.ts";

export interface ControlDoorOptions {
  readonly api: ControlApi;
  /** of the first socket */
  readonly use: SoleUse;
  readonly logger: Logger;
  /** the folder of rules and settings */
  readonly folder: string;
}

/**
 * Claims the socket's path before anything is in the kernel. Rejects only with AnotherDaemon: rules
 * also run without a socket.
 */
export async function claimSocket(use: SoleUse, path: string): Promise<void> {
  try {
    await claim(use, path);
    if (await isListening(path)) throw new AnotherDaemon(`another bpfwarden listens at "${path}": stop it first`);
  } catch (error) {
    if (error instanceof AnotherDaemon) throw error; // of any other error `open` tells
  }
}

function claim(use: SoleUse, path: string): Promise<void> {
  return use.claim(path, `${path}.lock`);
}

/**
 * The control socket, and the record with which commands find it. Both are created again if they
 * were deleted, because otherwise nobody could control the daemon.
 */
export class ControlDoor implements AsyncDisposable {
  readonly #options: ControlDoorOptions;
  #path = "";
  #server: AsyncDisposable | undefined;
  #inode: bigint | undefined;
  #fault = "";

  constructor(options: ControlDoorOptions) {
    this.#options = options;
  }

  /**
   * Listens at the path, again if the socket was removed. Never rejects: rules also run without a
   * socket.
   */
  async open(path: string): Promise<void> {
    const { api, logger, use } = this.#options;
    try {
      // Also if the socket is unchanged: the lock file may have been removed.
      await claim(use, path);
      if (this.#server !== undefined && path === this.#path && inodeOf(path) === this.#inode) return this.#record();
      await this.#server?.[Symbol.asyncDispose]();
      this.#server = undefined;
      this.#server = await startControlServer({ path, api, logger });
      this.#inode = inodeOf(path);
      this.#path = path;
      this.#fault = "";
      this.#record();
    } catch (error) {
      const message = errorText(error);
      if (message !== this.#fault)
        logger.error({ err: error }, "there is no control socket: status, silence and drill cannot reach this daemon");
      this.#fault = message;
    }
  }

  /** Writes the record. If that fails, commands find the daemon through its settings. */
  #record(): void {
    try {
      writeDaemonRecord(this.#entry);
    } catch (error) {
      this.#options.logger.debug({ err: error }, "commands can find this daemon only through its settings");
    }
  }

  get #entry(): DaemonRecord {
    return { folder: this.#options.folder, socket: this.#path, pid: process.pid };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server !== undefined) {
      removeDaemonRecord(this.#entry);
      await this.#server[Symbol.asyncDispose]();
    }
    await this.#options.use[Symbol.asyncDispose]();
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
