import { statSync } from "node:fs";

/** Which files a database is in. SQLite writes on into a file that was deleted or replaced, and says nothing. */
export type FileIdentity = string;

/** Of a database and its write-ahead log; undefined where one of them is missing or cannot be looked at. */
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
