import { readFileSync, statSync } from "node:fs";

/**
 * The modules that are loaded, each with the address that it was loaded to, by which one is told from another of its name that came
 * later; empty where the kernel takes no modules. Addresses are zeros to whom the kernel does not show them (kptr_restrict).
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
 * Tells one loading of a module from another, also where that comes to the same address: the inode of its folder in sysfs is made anew.
 * Undefined while the module is not loaded.
 */
export function moduleLoading(module: string): bigint | undefined {
  const folder = `/sys/module/${module}`;
  if (readable(`${folder}/initstate`).trim() !== "live") return undefined;
  return statSync(folder, { bigint: true, throwIfNoEntry: false })?.ino;
}
