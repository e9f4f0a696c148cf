import { readFileSync, statSync } from "node:fs";

/** Returns the name of a user id, or undefined if there is none. */
export type UserNames = (uid: number) => string | undefined;

/**
 * Looks up user names in the local passwd file. Reads it again if its modification time, size or
 * inode changes (`useradd` replaces the file), at most once a second by `nowMs`, whose zero does
 * not matter.
 *
 * If the file cannot be read, the known names remain: a missing name must not lose an event. Users
 * of a directory service are not in the file and are shown by number.
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

/**
 * Parses lines of `name:password:uid:…`, passwd(5). Of two lines with one id the first counts, as
 * in getpwuid(3).
 */
export function parsePasswd(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name, , id] = line.split(":");
    if (name === undefined || name === "" || name.startsWith("#") || id === undefined || !/^\d+$/.test(id)) continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
