import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The path of a cgroup of the version 2 hierarchy, such as `/system.slice/ssh.service`, by its id; undefined where there is none. */
export type CgroupPaths = (id: bigint) => string | undefined;

/** Where the version 2 hierarchy is mounted: alone, or beside that of version 1. */
const MOUNTS = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/** Paths of cgroups that have gone are known until so many are. */
const KNOWN = 20_000;

/**
 * Paths below the mount of cgroup2, where the id of a cgroup is the inode of its folder (cgroup_id in include/linux/cgroup.h). The
 * folders are looked through where an id is not known, at most once a second by `nowMs`, whose zero does not matter. A cgroup that goes
 * before it was seen has no path.
 */
export function cgroupPaths(nowMs: () => number, mount = MOUNTS.find(isVersion2)): CgroupPaths {
  const paths = new Map<bigint, string>();
  let lookAgainAtMs = -Infinity;
  return (id) => {
    const known = paths.get(id);
    if (known !== undefined || mount === undefined || nowMs() < lookAgainAtMs) return known;
    lookAgainAtMs = nowMs() + 1000;
    if (paths.size > KNOWN) paths.clear();
    addFolders(mount, "/", paths);
    return paths.get(id);
  };
}

function isVersion2(folder: string): boolean {
  return existsSync(join(folder, "cgroup.controllers"));
}

/** A folder that goes while it is looked at is left out. */
function addFolders(mount: string, path: string, paths: Map<bigint, string>): void {
  try {
    const folder = join(mount, path);
    paths.set(statSync(folder, { bigint: true }).ino, path);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) addFolders(mount, join(path, entry.name), paths);
    }
  } catch {
    // it has gone, and what is below it
  }
}
