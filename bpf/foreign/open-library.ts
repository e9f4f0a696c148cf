import { closeSync, readSync } from "node:fs";
import { LIBRARY_FOLDERS, namesIn } from "../kernel/elf/find-library.ts";
import { chooseLibrary, readLibraryCache, type CachedLibrary } from "../kernel/elf/library-cache.ts";
import { LIMITS } from "../kernel/limits.ts";
import { openHeld } from "../kernel/processes/open-regular.ts";
import {
  openInRoot,
  resolveInRoot,
  type Looked,
  type OpenFile,
  type PathRoot,
} from "../kernel/processes/open-in-root.ts";

/** Opens and holds the file of a root at an absolute path, or the library of this name. */
export function openTarget(root: PathRoot, target: string): Looked {
  return target.startsWith("/") ? openInRoot(root, target) : openLibraryInRoot(root, target);
}

/**
 * Finds a library by soname or short name as the loader of a root does: in its cache, then in the
 * usual folders.
 */
function openLibraryInRoot(root: PathRoot, name: string): Looked {
  const cached = readCache(root);
  const soname = chooseLibrary(
    name,
    cached.map((library) => library.soname),
  );
  const path = cached.find((library) => library.soname === soname)?.path ?? findInFolders(root, name);
  return path === undefined || !path.startsWith("/") ? undefined : openInRoot(root, path);
}

function readCache(root: PathRoot): readonly CachedLibrary[] {
  const file = openInRoot(root, "/etc/ld.so.cache");
  if (file === undefined || "fault" in file) return [];
  try {
    return file.stats.size > LIMITS.libraryCache.bytes ? [] : readLibraryCache(readHeld(file));
  } finally {
    closeSync(file.descriptor);
  }
}

function readHeld({ descriptor, stats }: OpenFile): Buffer {
  const opened = openHeld(descriptor);
  try {
    const bytes = Buffer.alloc(Number(stats.size));
    return bytes.subarray(0, readSync(opened, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(opened);
  }
}

function findInFolders(root: PathRoot, name: string): string | undefined {
  for (const folder of LIBRARY_FOLDERS) {
    const resolved = resolveInRoot(root, folder);
    const chosen = typeof resolved === "string" ? chooseIn(`${root.folder}${resolved}`, name) : undefined;
    if (chosen !== undefined) return `${folder}/${chosen}`;
  }
  return undefined;
}

function chooseIn(folder: string, name: string): string | undefined {
  try {
    return chooseLibrary(name, namesIn(folder));
  } catch {
    return undefined;
  }
}
