import { constants } from "node:fs";
import { lstat, mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

const { O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
const FLAGS = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK;
const MODE = 0o640;
const DIRECTORY_MODE = 0o750;

/** The properties that a new log takes over from the previous one. */
export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface OpenLog {
  readonly handle: FileHandle;
  readonly inode: bigint;
  readonly device: bigint;
}

/**
 * Opens a log for appending, and creates it and its folders if missing. Refuses symbolic links and
 * anything but a regular file. Checks the opened file itself.
 *
 * @param like the owner and mode of a new file; the mode is 0640 without it
 */
export async function openLog(path: string, like?: Ownership): Promise<OpenLog> {
  await makeFolders(dirname(path));
  const { handle, isNew } = await createOrOpen(path);
  return orClose(handle, async () => {
    if (isNew) await own(handle, like);
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw new Error(`expected a regular file, found another kind of file at "${path}"`);
    return { handle, inode: stats.ino, device: stats.dev };
  });
}

/**
 * Closes the handle if the next step fails: Node ends a process in which an open handle is
 * garbage-collected.
 */
async function orClose<Value>(handle: FileHandle, step: () => Promise<Value>): Promise<Value> {
  try {
    return await step();
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Returns true if the path still leads to the open file. */
export async function isAtPath({ inode, device }: OpenLog, path: string): Promise<boolean> {
  try {
    const found = await lstat(path, { bigint: true });
    return found.ino === inode && found.dev === device;
  } catch {
    return false;
  }
}

/** Returns true if a file ends within a line, because a crash or a full disk cut it. */
export async function endsWithinLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] !== 0x0a;
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

async function createOrOpen(path: string): Promise<{ readonly handle: FileHandle; readonly isNew: boolean }> {
  try {
    return { handle: await open(path, FLAGS | O_CREAT | O_EXCL, MODE), isNew: true };
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return { handle: await open(path, FLAGS), isNew: false };
  }
}

/**
 * Sets the mode of a new file independently of the umask. The mode of an existing file belongs to
 * the administrator.
 */
async function own(handle: FileHandle, like: Ownership | undefined): Promise<void> {
  const { uid, gid } = await handle.stat();
  const isOther = like !== undefined && (like.uid !== uid || like.gid !== gid);
  // The service may lack the right to change owners. The file then keeps its own owner, and no
  // further users can read it.
  const isGiven = !isOther || (await handle.chown(like.uid, like.gid).then(...settled));
  await handle.chmod(like === undefined ? MODE : like.mode & (isGiven ? 0o777 : 0o700));
}

const settled = [(): boolean => true, (): boolean => false] as const;

/**
 * Does not use `recursive`: that never returns if the kernel refuses a folder with ENOENT, as in
 * /proc.
 */
async function makeFolders(path: string): Promise<void> {
  const isThere = await lstat(path).then(...settled);
  if (isThere) return;
  if (dirname(path) !== path) await makeFolders(dirname(path));
  await mkdir(path, DIRECTORY_MODE).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
}
