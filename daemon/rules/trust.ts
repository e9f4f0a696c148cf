import type { Stats } from "node:fs";
import { extendedAttribute } from "../service/extended-attribute.ts";
import { parseAccessList } from "./access-list.ts";

const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;

/** Who may own files that decide what this process does. */
export interface Trust {
  /** user ids: root, the process's own, and under sudo the caller's */
  readonly owners: ReadonlySet<number>;
  /** a group of one user: where distributions give each user such a group, files come out as writable by it */
  readonly privateGroup?: number;
}

/**
 * Who else can write a file or folder, in words; undefined where only those trusted can.
 *
 * @param path leads to it, for its access control list: that shows in the mode only as what the group may do, which is then its mask
 */
export function otherWriter(path: string, { mode, gid }: Stats, trust: Trust): string | undefined {
  if ((mode & OTHERS_WRITE) !== 0) return "everybody";
  if ((mode & GROUP_WRITES) === 0) return undefined;
  const bytes = extendedAttribute(path, "system.posix_acl_access");
  const list = bytes && parseAccessList(bytes);
  const user = list?.userWriters.find((uid) => !trust.owners.has(uid));
  if (user !== undefined) return `the user id ${user}`;
  const groups = [...((list?.ownGroupWrites ?? true) ? [gid] : []), ...(list?.groupWriters ?? [])];
  const group = groups.find((each) => each !== 0 && each !== trust.privateGroup);
  return group === undefined ? undefined : `the group id ${group}`;
}

/** Root's files, those of the user who runs the process, and under sudo those of its caller (`SUDO_UID`, see sudo(8)). */
export function currentTrust(
  environment: NodeJS.ProcessEnv = process.env,
  uid: number = process.getuid?.() ?? 0,
): Trust {
  const own = new Set([0, uid]);
  const caller = uid === 0 ? Number(environment["SUDO_UID"] ?? Number.NaN) : Number.NaN;
  if (!Number.isInteger(caller)) return { owners: own };
  const owners = own.add(caller);
  return Number(environment["SUDO_GID"] ?? Number.NaN) === caller ? { owners, privateGroup: caller } : { owners };
}
