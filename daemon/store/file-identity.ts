import { statSync } from "node:fs";

/**
 * The files of a database. SQLite continues to write to a deleted or replaced file without an
 * error.
 */
export type FileIdentity = string;

/**
 * Identifies the files of a database and its write-ahead log. Returns undefined if one is missing
 * or cannot be examined.
 */
export function identityOfDatabase(path: string): FileIdentity | undefined {
  const parts = [path, `${path}-wal`].map(identityOf);
  return parts.includes(undefined) ? undefined : parts.join(" ");
}

function identityOf(path: string): string | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats && `${stats.dev}:${stats.ino}`;
  } catch {
    return undefined;
  }
}
