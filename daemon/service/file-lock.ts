import { constants } from "node:fs";
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import koffi from "koffi";
import { makeFolder } from "./make-folder.ts";

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
/** flock(2): exclusive, without waiting */
const LOCK_EX = 2;
const LOCK_NB = 4;
/** Anyone who can open the file can lock it, and so prevent the daemon from starting. */
const MODE = 0o600;
const FOLDER_MODE = 0o700;
const RETRY_MS = 100;
const PID_BYTES = 16;

/** Another process has the lock. */
export class LockedByAnother extends Error {
  /** undefined if the file does not contain it */
  readonly pid: number | undefined;

  constructor(path: string, pid: number | undefined) {
    super(`"${path}" is locked by ${pid === undefined ? "another process" : `process ${pid}`}`);
    this.pid = pid;
  }
}

/**
 * A lock that the kernel releases when the process ends, for any reason. Disposing releases it and
 * removes the file.
 */
export interface FileLock extends AsyncDisposable {
  /** Resolves to true if the path still leads to the locked file. */
  isInPlace(): Promise<boolean>;
}

/**
 * Locks a file and writes the process's id into it. Creates the file and its folder if they are
 * missing. A file that an ended process left is no problem.
 *
 * @param waitMs how long to wait for a process that may be ending
 * @throws LockedByAnother, or an error with an errno if the file cannot be opened
 */
export async function lockFile(path: string, waitMs: number): Promise<FileLock> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    const lock = await tryLock(path);
    if (lock instanceof HeldFile) return lock;
    if (lock !== undefined && waitedMs >= waitMs) throw lock;
    await setTimeout(RETRY_MS);
  }
}

/**
 * Returns undefined if the process that held the lock has just removed the file: the next try
 * creates a new one.
 */
async function tryLock(path: string): Promise<HeldFile | LockedByAnother | undefined> {
  makeFolder(dirname(path), FOLDER_MODE);
  const file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, MODE);
  let held: HeldFile | undefined;
  try {
    if (!(await isLocked(file))) return new LockedByAnother(path, await readPid(file));
    const locked = new HeldFile(path, file, (await file.stat({ bigint: true })).ino);
    if (await locked.isInPlace()) held = locked;
  } finally {
    // Node ends a process in which an open handle is garbage-collected.
    if (held === undefined) await file.close();
  }
  if (held !== undefined) await writePid(file);
  return held;
}

class HeldFile implements FileLock {
  readonly #path: string;
  /** kept, because a handle without a reference is closed, which releases the lock */
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

/** Runs on another thread: a network file system may wait for its server. */
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

/** Writes the id for the message of another process. A full disk does not prevent the start. */
async function writePid(file: FileHandle): Promise<void> {
  try {
    await file.truncate(0);
    await file.write(`${process.pid}\n`, 0);
  } catch {
    return;
  }
}
