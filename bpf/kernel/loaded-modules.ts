import { readFileSync, statSync } from "node:fs";

/**
 * Returns the loaded modules, each with its load address, which distinguishes it from a later one
 * of the same name. The map is empty if the kernel takes no modules. Addresses are zeros if the
 * kernel hides them from this process (kptr_restrict).
 */
export function loadedModules(): ReadonlyMap<string, string> {
  // name, size, users, names of users, state, address (m_show in kernel/module/procfs.c)
  const lines = readable("/proc/modules").matchAll(/^(?<name>\S+) (?:\S+ ){3}(?<state>\S+) (?<address>\S+)/gm);
  const live = [...lines].flatMap(({ groups: { name, state, address } = {} }): [string, string][] =>
    state === "Live" && name !== undefined && address !== undefined ? [[name, address]] : [],
  );
  return new Map(live);
}

function readable(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/**
 * Returns a number that distinguishes the times at which a module was loaded, even at the same
 * address: the inode of its folder in sysfs, which is made again each time. Returns undefined while
 * the module is not loaded.
 */
export function moduleLoading(module: string): bigint | undefined {
  const folder = `/sys/module/${module}`;
  if (readable(`${folder}/initstate`).trim() !== "live") return undefined;
  return statSync(folder, { bigint: true, throwIfNoEntry: false })?.ino;
}
