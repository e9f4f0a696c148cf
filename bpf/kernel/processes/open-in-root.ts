import { constants } from "node:fs";
import { open, readFile, readlink, statfs, type FileHandle } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { answersAtOnce } from "./mounts.ts";

/** Where paths are looked up: what a process takes for `/`. */
export interface PathRoot {
  /** such as `/proc/123/root`; empty for this process's own */
  readonly folder: string;
  readonly answersAtOnce: (path: string) => boolean;
}

/** A regular file of some root, held open: what is learned of it and done to it is about one file, whatever becomes of its path. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
  /** its inode is a stand-in: two mounts can show one file of a lower layer, each under an inode of its own */
  readonly isOverlay: boolean;
  /** as this process can name it */
  readonly path: string;
}

export const OWN_ROOT: PathRoot = { folder: "", answersAtOnce: () => true };

/** Undefined where the process has ended. */
export async function rootOf(pid: number): Promise<PathRoot | undefined> {
  try {
    const mountinfo = await readFile(`/proc/${pid}/mountinfo`, "utf8");
    return { folder: `/proc/${pid}/root`, answersAtOnce: answersAtOnce(mountinfo) };
  } catch {
    return undefined;
  }
}

/** As the limit of the kernel, MAXSYMLINKS. */
const MAX_LINKS = 40;
/** what statfs(2) calls an overlay */
export const OVERLAYFS_SUPER_MAGIC = 0x794c7630;

/**
 * Opens a file as a process with that root would: links lead to places within it, also absolute ones, and `..` does not lead out.
 * (openat2(2) with RESOLVE_IN_ROOT would do so in one call.) Undefined where there is no such regular file.
 */
export async function openInRoot(root: PathRoot, path: string): Promise<OpenFile | undefined> {
  const resolved = await resolveInRoot(root, path);
  return resolved === undefined ? undefined : openRegular(`${root.folder}${resolved}`);
}

export async function resolveInRoot(root: PathRoot, path: string): Promise<string | undefined> {
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
    const target = await linkAt(root, `/${here.join("/")}`);
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

/** Empty for what is no link, undefined for what is not there. */
async function linkAt(root: PathRoot, path: string): Promise<string | undefined> {
  if (!root.answersAtOnce(path)) return undefined;
  try {
    return await readlink(`${root.folder}${path}`);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EINVAL" ? "" : undefined;
  }
}

/** Without waiting for a writer, should it be a FIFO. */
async function openRegular(path: string): Promise<OpenFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY);
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile()) {
      const { type } = await statfs(`/proc/self/fd/${handle.fd}`);
      const opened = { handle, stats, isOverlay: type === OVERLAYFS_SUPER_MAGIC, path };
      handle = undefined;
      return opened;
    }
  } catch {
    // No such file, or none that can be read: for the caller it is the same.
  } finally {
    await handle?.close();
  }
  return undefined;
}
