import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** Rules are no secrets. */
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

/**
 * Replaces a file at once: readers see the old text or the new one, also after a crash. A file that
 * exists keeps its mode without what others could write. Missing folders are created.
 */
export function writeFileAtomically(path: string, text: string): void {
  makeFolders(dirname(path));
  // A name that begins with two dots is ignored without a word in rules folders.
  const temporary = join(dirname(path), `..${basename(path)}.${process.pid}`);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeAll(fd, Buffer.from(text));
    fchmodSync(fd, modeFor(path));
    fsyncSync(fd);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  syncFolder(dirname(path));
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
}

function modeFor(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? stats.mode & 0o777 & ~0o022 : FILE_MODE;
}

/** Creates folders that others can read and cannot write, with any umask. */
export function makeFolders(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) return;
  makeFolders(dirname(folder));
  mkdirSync(folder);
  chmodSync(folder, FOLDER_MODE);
}

/** Makes changes of names in a folder outlast a crash. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
