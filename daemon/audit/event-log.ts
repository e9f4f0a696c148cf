import type { FileHandle } from "node:fs/promises";
import type { LineSink, LogLimits } from "./line-sink.ts";
import { endsWithinLine, isAtPath, openLog, type OpenLog } from "./open-log.ts";
import { rotate } from "./rotate.ts";

const LINE_BREAK = Buffer.from("\n");

/** Failed writes are tried again. Meanwhile the log must neither grow without limit nor stop. */
export interface EventLogOptions extends LogLimits {
  readonly path: string;
  /** called if the log could not be rotated; it then grows */
  readonly onRotationError: (error: unknown) => void;
  readonly observer?: LogObserver;
}

/** Follows what is written to the files of a log. */
export interface LogObserver {
  /**
   * called when a file was opened; returns lines, each with its line break, to write before all
   * others
   */
  opened(handle: FileHandle): Promise<Buffer>;
  /** called for bytes that stand in the file now, with the place where they begin */
  wrote(handle: FileHandle, bytes: Buffer, position: number): void;
  /** called before a file is closed, or renamed by a rotation */
  leaving(handle: FileHandle): Promise<void>;
}

const NOTHING = Buffer.alloc(0);

/**
 * A file of JSON Lines that only grows. Refuses symbolic links and anything but a regular file. If
 * the file was renamed or deleted (logrotate), the next lines go to a new file of the same name.
 *
 * If a full disk or a crash cut a line, the cut line ends before the next one begins. All work runs
 * off the main thread, which a hung disk must not block.
 */
export class EventLog implements LineSink {
  readonly #options: EventLogOptions;
  #open: OpenLog | undefined;
  #torn = false;
  /** lines that the observer wants before all others */
  #first: Buffer = NOTHING;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  async write(lines: Buffer): Promise<void> {
    let { handle } = await this.#current();
    let { size } = await handle.stat();
    const { maxBytes } = this.#options;
    if (size > 0 && size + lines.length > maxBytes && (await this.#rotated())) {
      ({ handle } = await this.#current());
      ({ size } = await handle.stat());
    }
    const before = Buffer.concat([this.#torn ? LINE_BREAK : NOTHING, this.#first]);
    await this.#append(before.length === 0 ? lines : Buffer.concat([before, lines]), size);
    this.#first = NOTHING;
  }

  async release(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    try {
      await this.#options.observer?.leaving(open.handle);
    } finally {
      await open.handle.close();
    }
  }

  async #append(bytes: Buffer, size: number): Promise<void> {
    const handle = this.#open?.handle;
    if (handle === undefined) throw new Error("the log is not open");
    let written = 0;
    try {
      while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
      this.#torn = false;
      this.#options.observer?.wrote(handle, bytes, size);
    } catch (error) {
      const isTakenBack = await this.#takeBack(size, written).catch(() => false);
      if (!isTakenBack && written > 0) this.#options.observer?.wrote(handle, bytes.subarray(0, written), size);
      this.#torn = await endsWithinLine(handle).catch(() => true);
      throw error;
    }
  }

  /**
   * Cuts the file to its former size, unless another process wrote to it too. If that is
   * impossible, as in an append-only file (chattr +a), the written part stays and the next record
   * begins on a new line.
   */
  async #takeBack(size: number, written: number): Promise<boolean> {
    const handle = this.#open?.handle;
    if (handle === undefined || written === 0 || (await handle.stat()).size !== size + written) return false;
    await handle.truncate(size);
    return true;
  }

  /** Returns the file that the path leads to now. */
  async #current(): Promise<OpenLog> {
    const { path } = this.#options;
    if (this.#open !== undefined && (await isAtPath(this.#open, path))) return this.#open;
    await this.release();
    return this.#use(await openLog(path));
  }

  async #use(opened: OpenLog): Promise<OpenLog> {
    this.#open = opened;
    this.#torn = await endsWithinLine(opened.handle);
    this.#first = (await this.#options.observer?.opened(opened.handle)) ?? NOTHING;
    return opened;
  }

  /**
   * Renames the full file and opens a new one with the same mode and owner. Returns false if that
   * failed: lines then go to the old file.
   */
  async #rotated(): Promise<boolean> {
    const { path, keep, onRotationError } = this.#options;
    const old = this.#open;
    if (old === undefined) return false;
    try {
      const { mode, uid, gid, size } = await old.handle.stat();
      await this.#endLine(old.handle, size);
      await this.#options.observer?.leaving(old.handle);
      await rotate(path, keep);
      const opened = await openLog(path, { mode, uid, gid });
      await old.handle.close();
      await this.#use(opened);
      return true;
    } catch (error) {
      onRotationError(error);
      return false;
    }
  }

  /** Ends a line that was cut, before the file is left. */
  async #endLine(handle: FileHandle, size: number): Promise<void> {
    if (!this.#torn) return;
    await handle.write(LINE_BREAK);
    this.#options.observer?.wrote(handle, LINE_BREAK, size);
    this.#torn = false;
  }
}
