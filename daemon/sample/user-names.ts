import { readFileSync, statSync } from "node:fs";

/** The name of a user id, or undefined where there is none. */
export type UserNames = (uid: number) => string | undefined;

/**
 * User names of the local passwd file, read again when its modification time, size or inode changes (`useradd` replaces the file),
 * at most one look a second by `nowMs`, whose zero does not matter. A file that cannot be read leaves the names known before: an event
 * must not be lost for want of a name. Users of a directory service are not in the file, and are shown by number.
 */
export function userNames(nowMs: () => number, path = "/etc/passwd"): UserNames {
  let names: ReadonlyMap<number, string> = new Map();
  let version = "";
  let lookAgainAtMs = -Infinity;
  const refresh = (): void => {
    try {
      const { mtimeMs, size, ino } = statSync(path);
      const current = `${mtimeMs} ${size} ${ino}`;
      if (current === version) return;
      names = parsePasswd(readFileSync(path, "utf8"));
      version = current;
    } catch {
      version = "";
    }
  };
  return (uid) => {
    if (nowMs() >= lookAgainAtMs) {
      refresh();
      lookAgainAtMs = nowMs() + 1000;
    }
    return names.get(uid);
  };
}

/** `name:password:uid:…` a line, passwd(5); the first of two lines with one id counts, as in getpwuid(3). */
export function parsePasswd(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name, , id] = line.split(":");
    if (name === undefined || name === "" || name.startsWith("#") || id === undefined || !/^\d+$/.test(id)) continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
