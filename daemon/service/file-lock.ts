import { constants } from "node:fs";
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import koffi from "koffi";
import { makeFolder } from "./make-folder.ts";

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
/** flock(2): for us alone, without waiting */
const LOCK_EX = 2;
const LOCK_NB = 4;
/** Who can open the file can lock it, and so keep the daemon from starting. */
const MODE = 0o600;
const FOLDER_MODE = 0o700;
const RETRY_MS = 100;
const PID_BYTES = 16;

/** Another process has the lock. */
export class LockedByAnother extends Error {
  /** undefined where the file does not say it */
  readonly pid: number | undefined;

  constructor(path: string, pid: number | undefined) {
    super(`"${path}" is locked by ${pid === undefined ? "another process" : `process ${pid}`}`);
    this.pid = pid;
  }
}

/** A lock that the kernel takes away when the process ends, however it ends. Disposing lets go of it and removes the file. */
export interface FileLock extends AsyncDisposable {
  /** Whether the file with the name still is the one that is locked. */
  isInPlace(): Promise<boolean>;
}

/**
 * Locks a file, made with its folder where it is missing, and writes the process's id there. What was left there by a process that has
 * ended is no hindrance.
 *
 * @param waitMs how long to wait for a process that may be ending right now
 * @throws LockedByAnother, and errors with an errno where the file cannot be opened
 */
export async function lockFile(path: string, waitMs: number): Promise<FileLock> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    const lock = await tryLock(path);
    if (lock instanceof HeldFile) return lock;
    if (lock !== undefined && waitedMs >= waitMs) throw lock;
    await setTimeout(RETRY_MS);
  }
}

/** Undefined where the file was removed meanwhile by the process that had it: the next try makes a new one. */
async function tryLock(path: string): Promise<HeldFile | LockedByAnother | undefined> {
  makeFolder(dirname(path), FOLDER_MODE);
  const file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, MODE);
  let held: HeldFile | undefined;
  try {
    if (!(await isLocked(file))) return new LockedByAnother(path, await readPid(file));
    const locked = new HeldFile(path, file, (await file.stat({ bigint: true })).ino);
    if (await locked.isInPlace()) held = locked;
  } finally {
    // Node ends a process that leaves an open handle to be collected.
    if (held === undefined) await file.close();
  }
  if (held !== undefined) await writePid(file);
  return held;
}

class HeldFile implements FileLock {
  readonly #path: string;
  /** kept: a handle that nobody has is closed, and the lock goes with it */
  readonly #file: FileHandle;
  readonly #inode: bigint;

  constructor(path: string, file: FileHandle, inode: bigint) {
    this.#path = path;
    this.#file = file;
    this.#inode = inode;
  }

  async isInPlace(): Promise<boolean> {
    try {
      return (await stat(this.#path, { bigint: true })).ino === this.#inode;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (await this.isInPlace()) await rm(this.#path, { force: true });
    } finally {
      await this.#file.close();
    }
  }
}

/** Not on this thread: a file system may ask another host. */
function isLocked({ fd }: FileHandle): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const flock = koffi.load(null).func("int flock(int fd, int operation)");
  flock.async(fd, LOCK_EX | LOCK_NB, (error: Error | null, result: number) =>
    error === null ? resolve(result === 0) : reject(error),
  );
  return promise;
}

async function readPid(file: FileHandle): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(PID_BYTES), 0, PID_BYTES, 0);
  const pid = Number.parseInt(buffer.toString("latin1", 0, bytesRead), 10);
  return pid > 0 ? pid : undefined;
}

/** Only for the message of another process: a full disk keeps nobody from starting. */
async function writePid(file: FileHandle): Promise<void> {
  try {
    await file.truncate(0);
    await file.write(`${process.pid}\n`, 0);
  } catch {
    return;
  }
}
