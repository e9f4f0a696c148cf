/** A line of `/proc/PID/mountinfo`. */
interface Mount {
  /** as the process sees it */
  readonly point: string;
  readonly type: string;
  /** as `/proc/PID/maps` writes it (`deviceName`) */
  readonly device: string;
}

/**
 * Who made the mounts: `own` are this process's, `foreign` those of others that root made, `user` those that somebody without privileges
 * may have made in a user namespace of his own.
 */
export type MountsOf = "own" | "foreign" | "user";

const FOREIGN = ["fuse", "fuseblk", "fuse\\..*", "nfs4?", "cifs", "smb3", "9p", "afs", "ceph", "autofs"];
/**
 * File systems whose answers come from a process or another host: looking at a file of theirs can take for ever, and who is in a user
 * namespace of his own can mount a FUSE, and an overlay that has one beneath. An automount would be made by looking. Of the host's own mounts
 * only those count that its users can make; others are what its administrator wanted.
 */
const SLOW: Readonly<Record<MountsOf, RegExp>> = {
  own: /^fuse(\..*)?$/,
  foreign: typesIn(FOREIGN),
  user: typesIn([...FOREIGN, "overlay"]),
};

function typesIn(types: readonly string[]): RegExp {
  return new RegExp(`^(${types.join("|")})$`);
}

/** The types of file systems that may not answer, undefined for others. */
export interface SlowTypes {
  /** of the one that answers for a path */
  readonly at: (path: string) => string | undefined;
  /** of the one that a mapping's file is on, by its device as `/proc/PID/maps` has it */
  readonly of: (device: string) => string | undefined;
}

/** Every file system is taken for one that may not answer. */
export function allSlow(type: string): SlowTypes {
  return { at: () => type, of: () => type };
}

export const NONE_SLOW: SlowTypes = { at: () => undefined, of: () => undefined };

/**
 * What may not be looked at, by the text of `/proc/PID/mountinfo` (proc_pid_mountinfo(5)); paths are as the process sees them.
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
      // A FUSE that was unmounted, or is mounted elsewhere only, has no disk.
      return device.startsWith("00:") ? "one that is not mounted there" : undefined;
    },
  };
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`; blanks in paths are written `\040`. */
function readMount(line: string): readonly Mount[] {
  const [left = "", right = ""] = line.split(" - ");
  const [, , device = "", , point] = left.split(" ");
  const [type = ""] = right.split(" ");
  if (point === undefined) return [];
  const unescaped = point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return [{ type, point: unescaped, device: deviceName(device) }];
}

/** Maps write a device in hexadecimal, mountinfo in decimal: `08:0a` is `8:10`. */
function deviceName(decimal: string): string {
  return decimal
    .split(":")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join(":");
}

/** The last one of the longest: later mounts cover those before them. */
function mountAt(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const prefix = mount.point.endsWith("/") ? mount.point : `${mount.point}/`;
    if ((path === mount.point || path.startsWith(prefix)) && mount.point.length >= (best?.point.length ?? 0))
      best = mount;
  }
  return best;
}
