/** A line of `/proc/PID/mountinfo`. */
interface Mount {
  /** path as the process sees it */
  readonly point: string;
  readonly type: string;
  /** device as `/proc/PID/maps` writes it (`deviceName`) */
  readonly device: string;
}

/**
 * The user who made the mounts: `own` are this process's, `foreign` are other processes' that root
 * made, `user` are those that a user without privileges may have made in a user namespace.
 */
export type MountsOf = "own" | "foreign" | "user";

const FOREIGN = ["fuse", "fuseblk", "fuse\\..*", "nfs4?", "cifs", "smb3", "9p", "afs", "ceph", "autofs"];
/**
 * File systems whose answers come from a process or another host: reading a file there can take
 * forever. A user in a user namespace can mount a FUSE, and an overlay with a FUSE below it.
 * Looking at an automount would mount it. Among the host's own mounts only those count that its
 * users can make; its administrator wanted the others.
 */
const SLOW: Readonly<Record<MountsOf, RegExp>> = {
  own: /^fuse(\..*)?$/,
  foreign: typesIn(FOREIGN),
  user: typesIn([...FOREIGN, "overlay"]),
};

function typesIn(types: readonly string[]): RegExp {
  return new RegExp(`^(${types.join("|")})$`);
}

/** Returns the types of file systems that may not answer, and undefined for others. */
export interface SlowTypes {
  /** the type of the file system of a path */
  readonly at: (path: string) => string | undefined;
  /** the type of the file system of a mapping's file, by its device as in `/proc/PID/maps` */
  readonly of: (device: string) => string | undefined;
}

/** Treats every file system as one that may not answer. */
export function allSlow(type: string): SlowTypes {
  return { at: () => type, of: () => type };
}

export const NONE_SLOW: SlowTypes = { at: () => undefined, of: () => undefined };

/**
 * Returns the file systems that must not be looked at, by the text of `/proc/PID/mountinfo`
 * (proc_pid_mountinfo(5)). Paths are as the process sees them.
 */
export function slowTypes(mountinfo: string, whose: MountsOf): SlowTypes {
  const slow = SLOW[whose];
  const mounts = mountinfo.split("\n").flatMap(readMount);
  const hasSlow = mounts.some(({ type }) => slow.test(type));
  const slowOr = (type: string): string | undefined => (slow.test(type) ? type : undefined);
  const byDevice = new Map(mounts.map(({ device, type }) => [device, type]));
  return {
    at: (path) => (hasSlow ? slowOr(mountAt(mounts, path)?.type ?? "") : undefined),
    of(device) {
      const type = byDevice.get(device);
      if (type !== undefined) return slowOr(type);
      // A FUSE that was unmounted, or that is mounted elsewhere only, has no disk.
      return device.startsWith("00:") ? "one that is not mounted there" : undefined;
    },
  };
}

/**
 * Reads a line such as `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root
 * rw,errors=continue`. Blanks in paths are written `\040`.
 */
function readMount(line: string): readonly Mount[] {
  const [left = "", right = ""] = line.split(" - ");
  const [, , device = "", , point] = left.split(" ");
  const [type = ""] = right.split(" ");
  if (point === undefined) return [];
  const unescaped = point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return [{ type, point: unescaped, device: deviceName(device) }];
}

/**
 * Returns a device as maps write it, in hexadecimal. Mountinfo writes it in decimal: `8:10` becomes
 * `08:0a`.
 */
function deviceName(decimal: string): string {
  return decimal
    .split(":")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join(":");
}

/**
 * Returns the mount of a path: the longest mount point, and among equal ones the last, since later
 * mounts cover earlier ones.
 */
function mountAt(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const prefix = mount.point.endsWith("/") ? mount.point : `${mount.point}/`;
    if ((path === mount.point || path.startsWith(prefix)) && mount.point.length >= (best?.point.length ?? 0))
      best = mount;
  }
  return best;
}
