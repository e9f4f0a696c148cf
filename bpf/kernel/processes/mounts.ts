/** A line of `/proc/PID/mountinfo`. */
interface Mount {
  /** as the process sees it */
  readonly point: string;
  readonly type: string;
}

/**
 * File systems whose answers come from a process or another host: looking at a file of theirs can take for ever, and who is in a user
 * namespace of his own can mount the first. An automount would be made by looking.
 */
const SLOW = /^(fuse|fuseblk|fuse\..*|nfs4?|cifs|smb3|9p|afs|ceph|autofs)$/;

/**
 * Whether what lies at a path answers by itself, by the text of `/proc/PID/mountinfo` (proc_pid_mountinfo(5)); paths are as the process
 * sees them.
 */
export function answersAtOnce(mountinfo: string): (path: string) => boolean {
  const mounts = mountinfo.split("\n").flatMap(readMount);
  return (path) => !SLOW.test(mountAt(mounts, path)?.type ?? "");
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`; blanks in paths are written `\040`. */
function readMount(line: string): readonly Mount[] {
  const [left = "", right = ""] = line.split(" - ");
  const point = left.split(" ")[4];
  const [type = ""] = right.split(" ");
  if (point === undefined) return [];
  return [{ type, point: point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))) }];
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
