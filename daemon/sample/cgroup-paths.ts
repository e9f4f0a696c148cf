import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Returns the path of a cgroup (version 2) by its id, such as `/system.slice/ssh.service`, or
 * undefined if there is none.
 */
export type CgroupPaths = (id: bigint) => string | undefined;

/** The mount points of the version 2 hierarchy: alone, or beside version 1. */
const MOUNTS = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/** The most known paths. Paths of removed cgroups are kept up to this number. */
const KNOWN = 20_000;

/**
 * Finds paths below the mount of cgroup2, where the id of a cgroup is the inode of its folder
 * (cgroup_id in include/linux/cgroup.h). For an unknown id, searches the folders at most once a
 * second by `nowMs`, whose zero does not matter. A cgroup that is removed before the search has no
 * path.
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

/** Skips a folder that is removed during the search. */
function addFolders(mount: string, path: string, paths: Map<bigint, string>): void {
  try {
    const folder = join(mount, path);
    paths.set(statSync(folder, { bigint: true }).ino, path);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) addFolders(mount, join(path, entry.name), paths);
    }
  } catch {
    // The folder has been removed.
  }
}
