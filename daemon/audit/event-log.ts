import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "../service/make-folder.ts";

const { O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
const MODE = 0o640;
const DIRECTORY_MODE = 0o750;

/**
 * A file of JSON Lines that is only ever added to. A symbolic link in its place is refused, and so is anything but a regular file.
 * Where the file was renamed or deleted (logrotate), the next record goes to a new one of the old name. A record that was cut, by
 * a full disk or a crash, ends before the next one begins: never do two share a line.
 */
export class EventLog implements Disposable {
  readonly #path: string;
  #open: { readonly fd: number; readonly inode: bigint; readonly device: bigint } | undefined;
  #torn = false;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Adds lines, each without its line break, in as few writes as the kernel takes. All or none: what a full disk took is taken back,
   * so that the same lines can be added again. Throws where the file cannot be opened or written to.
   */
  append(lines: readonly string[]): void {
    const fd = this.#current();
    const bytes = Buffer.from(`${this.#torn ? "\n" : ""}${lines.join("\n")}\n`);
    const { size } = fstatSync(fd);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(fd, bytes, written);
      this.#torn = false;
    } catch (error) {
      takeBack(fd, size, written);
      this.#torn = endsWithinLine(fd);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    if (this.#open !== undefined) closeSync(this.#open.fd);
    this.#open = undefined;
  }

  /** The descriptor of the file that now has the path. */
  #current(): number {
    const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (this.#open !== undefined && found?.ino === this.#open.inode && found.dev === this.#open.device)
      return this.#open.fd;
    this[Symbol.dispose]();
    const fd = openAppending(this.#path);
    const { ino, dev } = fstatSync(fd, { bigint: true });
    this.#open = { fd, inode: ino, device: dev };
    this.#torn = endsWithinLine(fd);
    return fd;
  }
}

function openAppending(path: string): number {
  makeFolder(dirname(path), DIRECTORY_MODE);
  const flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK;
  const fd = createOrOpen(path, flags);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error(`expected a regular file, found another kind at "${path}"`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** A new file gets its mode whatever the umask; that of an existing one is the administrator's. */
function createOrOpen(path: string, flags: number): number {
  try {
    const fd = openSync(path, flags | O_CREAT | O_EXCL, MODE);
    fchmodSync(fd, MODE);
    return fd;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return openSync(path, flags);
  }
}

function endsWithinLine(fd: number): boolean {
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}

/**
 * Cuts the file to the size it had, unless someone else wrote to it too. Where that cannot be, as in a file that may only grow
 * (chattr +a), the error to tell is still that of the write.
 */
function takeBack(fd: number, size: number, written: number): void {
  if (written === 0 || fstatSync(fd).size !== size + written) return;
  try {
    ftruncateSync(fd, size);
  } catch {
    // What was written stays; the next record begins on a line of its own.
  }
}
