import { realpathSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { listMounts, type Mount, mountIdOf } from "./mounts.ts";

const OTHERS_ENTER = 0o001;
const GROUP_ENTERS = 0o010;

/**
 * Returns true if only root can write a path because it is mounted read-only, even if its mode
 * allows others to write. Kubernetes mounts ConfigMaps this way, with folders of mode 0777. Another
 * mount of the same file system could still be writable. So each mount that this process sees must
 * be read-only, or in a folder that others cannot enter. Other mount namespaces are not visible;
 * for a ConfigMap, only root can enter the kubelet's folder for pods.
 */
export function isReadOnlyForOthers(path: string): boolean {
  try {
    const real = realpathSync(path);
    const mounts = listMounts();
    const own = mounts.find(({ id }) => id === mountIdOf(real));
    if (own === undefined || !own.isReadOnly) return own?.isFileSystemReadOnly === true;
    const inside = join(own.root, relative(own.point, real));
    return (
      own.isFileSystemReadOnly ||
      mounts.every((mount) => !isWayTo(mount, own.device, inside) || isClosed(mount, inside))
    );
  } catch {
    return false; // what cannot be looked at is as its mode says
  }
}

/** Returns true if a mount leads to a place in a file system with write access. */
function isWayTo({ device, root, isReadOnly }: Mount, itsDevice: string, inside: string): boolean {
  const leads = root === "/" || inside === root || inside.startsWith(`${root}/`);
  return leads && device === itsDevice && !isReadOnly;
}

function isClosed({ point, root }: Mount, inside: string): boolean {
  return foldersAbove(join(point, relative(root, inside))).some((folder) => {
    const { mode, uid, gid } = statSync(folder);
    const groupEnters = (mode & GROUP_ENTERS) !== 0 && gid !== 0;
    return uid === 0 && (mode & OTHERS_ENTER) === 0 && !groupEnters;
  });
}

function foldersAbove(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [above] : [...foldersAbove(above), above];
}
