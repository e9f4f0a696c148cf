import { chmodSync, closeSync, constants, fstatSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "../service/make-folder.ts";

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
/** The database contains what rules see: command lines, addresses, names of users. */
const MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * Creates the file and its folder if missing, so that no other user can read them. SQLite gives its
 * write-ahead log the same mode. Throws if that fails, or if the path is a link or not a regular
 * file.
 */
export function makePrivateFile(path: string): void {
  makeFolder(dirname(path), FOLDER_MODE);
  const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, MODE);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Error(`expected a regular file, found another kind of file at "${path}"`);
    if ((stats.mode & 0o777) !== MODE) chmodSync(path, MODE);
  } finally {
    closeSync(fd);
  }
}

/**
 * Renames a database and its write-ahead log, so that a new one can replace it. Returns its new
 * path. The rest of a log must never be used with another database.
 */
export function moveAside(path: string, unixMs: number): string {
  const time = new Date(unixMs).toISOString().replace(/\.\d+|[-:]/g, "");
  const aside = `${path}.corrupt-${time}`;
  for (const suffix of ["-wal", "-shm", ""]) renameIfPresent(`${path}${suffix}`, `${aside}${suffix}`);
  return aside;
}

function renameIfPresent(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
