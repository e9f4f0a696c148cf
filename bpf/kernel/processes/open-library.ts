import { readdir } from "node:fs/promises";
import { LIBRARY_FOLDERS } from "../elf/find-library.ts";
import { chooseLibrary, readLibraryCache, type CachedLibrary } from "../elf/library-cache.ts";
import { openInRoot, resolveInRoot, type OpenFile, type PathRoot } from "./open-in-root.ts";

/** A cache has some hundred kilobytes; what a container calls one may have any size. */
const MAX_CACHE_BYTES = 16n << 20n;

/** Opens a library by soname or short name as the loader of a root would find it: by its cache, else in the usual folders. */
export async function openLibraryInRoot(root: PathRoot, name: string): Promise<OpenFile | undefined> {
  const cached = await readCache(root);
  const soname = chooseLibrary(
    name,
    cached.map((library) => library.soname),
  );
  const path = cached.find((library) => library.soname === soname)?.path ?? (await findInFolders(root, name));
  return path === undefined ? undefined : openInRoot(root, path);
}

async function readCache(root: PathRoot): Promise<readonly CachedLibrary[]> {
  const file = await openInRoot(root, "/etc/ld.so.cache");
  if (file === undefined) return [];
  try {
    return file.stats.size > MAX_CACHE_BYTES ? [] : readLibraryCache(await file.handle.readFile());
  } finally {
    await file.handle.close();
  }
}

async function findInFolders(root: PathRoot, name: string): Promise<string | undefined> {
  for (const folder of LIBRARY_FOLDERS) {
    const resolved = await resolveInRoot(root, folder);
    const names = resolved === undefined ? [] : await readdir(`${root.folder}${resolved}`).catch(() => []);
    const chosen = chooseLibrary(name, names);
    if (chosen !== undefined) return `${folder}/${chosen}`;
  }
  return undefined;
}
