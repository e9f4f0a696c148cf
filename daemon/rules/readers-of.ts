import { realpathSync, statSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import type { Trust } from "./trust.ts";

const OTHERS_READ = 0o004;
const GROUP_READS = 0o040;
const OTHERS_ENTER = 0o001;
const ANYBODY_ENTERS = 0o011;

/**
 * Describes the untrusted users who can read a file. Returns undefined if there are none or the
 * file cannot be examined. A folder that others cannot enter protects the file, even if its mode
 * lets others read it. A group that may read a file of root is trusted: services get secrets this
 * way, such as PostgreSQL its keys.
 */
export function readersOf(path: string, trust: Trust): string | undefined {
  try {
    const real = realpathSync(path);
    const stats = statSync(real);
    if (!stats.isFile()) return undefined;
    return trust.owners.has(stats.uid) ? othersOf(real, stats, trust) : `its owner, the user id ${stats.uid},`;
  } catch {
    return undefined; // reading it says why
  }
}

function othersOf(path: string, { mode, uid, gid }: Stats, trust: Trust): string | undefined {
  const above = foldersAbove(path).map((folder) => statSync(folder).mode);
  if ((mode & OTHERS_READ) !== 0 && above.every((each) => (each & OTHERS_ENTER) !== 0)) return "everybody";
  const isGroupTrusted = uid === 0 || gid === 0 || gid === trust.privateGroup;
  if ((mode & GROUP_READS) === 0 || isGroupTrusted) return undefined;
  return above.every((each) => (each & ANYBODY_ENTERS) !== 0) ? `the group id ${gid}` : undefined;
}

function foldersAbove(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [] : [...foldersAbove(above), above];
}
