import type { Stats } from "node:fs";
import { extendedAttribute } from "../service/extended-attribute.ts";
import { parseAccessList } from "./access-list.ts";

const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;

/** The users who may own files that control this process. */
export interface Trust {
  /** user ids: root, the process's own, and under sudo the caller's */
  readonly owners: ReadonlySet<number>;
  /**
   * the caller's own group: distributions that give each user a group make files writable for it
   */
  readonly privateGroup?: number;
}

/**
 * Describes the untrusted users who can write a file or folder. Returns undefined if there are
 * none.
 *
 * @param path a path to the file, for its access control list. The mode shows only the list's
 *   mask, as the permissions of the group.
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

/**
 * Returns the trusted owners: root, the user of the process, and under sudo its caller (`SUDO_UID`,
 * see sudo(8)).
 */
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
