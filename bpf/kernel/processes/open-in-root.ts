import { closeSync, readlinkSync, statfsSync } from "node:fs";
import { LIMITS } from "../limits.ts";
import { allSlow, NONE_SLOW, slowTypes, type MountsOf, type SlowTypes } from "./mounts.ts";
import { holdRegular, type HeldPlace } from "./open-regular.ts";
import { readWithin } from "../read-within.ts";

/** The root directory of a process, where paths are looked up. */
export interface PathRoot {
  /** such as `/proc/123/root`; empty for this process's own */
  readonly folder: string;
  readonly slow: SlowTypes;
}

/**
 * A regular file of a root, held open. Everything that is learned of it and done to it is about one
 * file, even if its path then leads elsewhere.
 */
export interface OpenFile extends HeldPlace {
  /**
   * true if its inode is a stand-in: two mounts can show one file of a lower layer, each under an
   * inode of its own
   */
  readonly isOverlay: boolean;
  /** path that this process can use */
  readonly path: string;
}

/** The result of a look at a path: a file, the reason why it cannot be looked at, or nothing. */
export type Looked = OpenFile | { readonly fault: string } | undefined;

/** Returns this process's own root. */
export function ownRoot(): PathRoot {
  return readRoot("", "/proc/self/mountinfo", "own");
}

/**
 * Returns the root of a process, or undefined after it has ended.
 *
 * @param whose who made its mounts
 */
export function rootOf(pid: number, whose: Exclude<MountsOf, "own">): PathRoot | undefined {
  try {
    return readRoot(`/proc/${pid}/root`, `/proc/${pid}/mountinfo`, whose);
  } catch {
    return undefined;
  }
}

function readRoot(folder: string, mountinfo: string, whose: MountsOf): PathRoot {
  const text = readWithin(mountinfo, LIMITS.mountinfoBytes);
  if (text !== undefined) return { folder, slow: slowTypes(text.toString("utf8"), whose) };
  return { folder, slow: whose === "own" ? NONE_SLOW : allSlow("one of too many mounts") };
}

/** The kernel's limit, MAXSYMLINKS. */
const MAX_LINKS = 40;
/** magic numbers of statfs(2) for an overlay and for a FUSE */
export const OVERLAYFS_SUPER_MAGIC = 0x794c7630;
const FUSE_SUPER_MAGIC = 0x65735546;

/**
 * Holds a file as a process with that root would open it. Links lead to places within the root,
 * even absolute ones, and `..` does not lead out. (openat2(2) with RESOLVE_IN_ROOT would do so in
 * one call.) Returns undefined if there is no such regular file.
 */
export function openInRoot(root: PathRoot, path: string): Looked {
  const resolved = resolveInRoot(root, path);
  if (typeof resolved !== "string") return resolved;
  let held: HeldPlace | undefined;
  try {
    const named = `${root.folder}${resolved}`;
    held = holdRegular(named, false);
    if (held === undefined) return undefined;
    const { type } = statfsSync(`/proc/self/fd/${held.descriptor}`);
    if (type === FUSE_SUPER_MAGIC && root.folder !== "") throw new SlowFile("fuse");
    return { ...held, isOverlay: type === OVERLAYFS_SUPER_MAGIC, path: named };
  } catch (error) {
    if (held !== undefined) closeSync(held.descriptor);
    // No such file, or a file that cannot be read: for the caller it is the same.
    return error instanceof SlowFile ? { fault: error.message } : undefined;
  }
}

class SlowFile extends Error {
  constructor(type: string) {
    super(`it is on a file system that may never answer (${type})`);
  }
}

/** Returns the path without links, or undefined if there is nothing. */
export function resolveInRoot(root: PathRoot, path: string): string | { readonly fault: string } | undefined {
  try {
    return resolve(root, path);
  } catch (error) {
    if (error instanceof SlowFile) return { fault: error.message };
    throw error;
  }
}

function resolve(root: PathRoot, path: string): string | undefined {
  let resolved: readonly string[] = [];
  let rest = path.split("/");
  for (let links = 0; links <= MAX_LINKS;) {
    const [name, ...more] = rest;
    if (name === undefined) return `/${resolved.join("/")}`;
    rest = more;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      resolved = resolved.slice(0, -1);
      continue;
    }
    const here = [...resolved, name];
    const target = linkAt(root, `/${here.join("/")}`);
    if (target === undefined) return undefined;
    if (target === "") {
      resolved = here;
      continue;
    }
    links++;
    if (target.startsWith("/")) resolved = [];
    rest = [...target.split("/"), ...rest];
  }
  return undefined;
}

/**
 * Returns the target of a link, an empty text for anything else, and undefined if there is nothing.
 * Throws SlowFile.
 */
function linkAt(root: PathRoot, path: string): string | undefined {
  const slow = root.slow.at(path);
  if (slow !== undefined) throw new SlowFile(slow);
  try {
    return readlinkSync(`${root.folder}${path}`);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EINVAL" ? "" : undefined;
  }
}
