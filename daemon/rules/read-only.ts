import { realpathSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { listMounts, type Mount, mountIdOf } from "./mounts.ts";

const OTHERS_ENTER = 0o001;
const GROUP_ENTERS = 0o010;

/**
 * Whether nobody but root can write what a path names, whatever its mode says, because it is mounted read-only: so Kubernetes mounts
 * ConfigMaps, whose folders have the mode 0777. By another mount of the same file system somebody could write it all the same: each that this
 * process sees must be read-only too, or lie behind a folder that lets nobody in. What other mount namespaces see is not known here; of a
 * ConfigMap, the kubelet's folder for pods is root's alone.
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

/** Whether one could come by a mount to a place of a file system, and write there. */
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
