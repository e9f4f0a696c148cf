import { type Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { leafHash } from "./merkle-hash.ts";
import { isCompressionError, linesOf } from "./log-lines.ts";

/** A file that may be a part of a log. */
export interface LogFile {
  readonly path: string;
  /** the hash of its first whole line; undefined if it has none */
  readonly first: Buffer | undefined;
  /** true if it has no byte, as after a rotation */
  readonly isEmpty: boolean;
}

/**
 * Returns the files that a log may consist of, the oldest first: the file itself, and those whose
 * names continue its name as a rotation leaves them: `LOG.1`, `LOG-20261201`, `LOG.2.gz`.
 */
export async function logFilesOf(logPath: string): Promise<readonly LogFile[]> {
  const folder = dirname(logPath);
  const name = basename(logPath);
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => isPart(entry, name));
  const files = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      const { size, mtimeMs } = await stat(path);
      return { path, first: await firstHashOf(path), isEmpty: size === 0, changedMs: mtimeMs };
    }),
  );
  const newestLast = files.toSorted((a, b) => a.changedMs - b.changedMs || rank(b.path) - rank(a.path));
  const isNewest = ({ path }: LogFile): boolean => path === logPath;
  return [...newestLast.filter((file) => !isNewest(file)), ...newestLast.filter(isNewest)];
}

function isPart(entry: Dirent, name: string): boolean {
  if (!entry.isFile() || !entry.name.startsWith(name)) return false;
  const rest = entry.name.slice(name.length);
  return rest === "" || /^[.-][0-9][0-9.-]*(?:\.gz)?$/.test(rest);
}

/** Returns the number of a rotated file; 0 for the log itself. */
function rank(path: string): number {
  return Number(/\.([0-9]+)(?:\.gz)?$/.exec(path)?.[1] ?? 0);
}

async function firstHashOf(path: string): Promise<Buffer | undefined> {
  try {
    for await (const [first] of linesOf(path)) return first?.isWhole === true ? leafHash(first.text) : undefined;
  } catch (error) {
    if (!isCompressionError(error)) throw error;
  }
  return undefined;
}
