import { closeSync, opendirSync, readSync } from "node:fs";
import { join } from "node:path";
import { LIMITS } from "../limits.ts";
import { holdRegular, openHeld } from "../processes/open-regular.ts";
import { chooseLibrary, readLibraryCache } from "./library-cache.ts";

/**
 * The folders where the loader looks without a cache: the traditional ones, and those of Debian's
 * multiarch.
 */
export const LIBRARY_FOLDERS = [
  "/lib64",
  "/usr/lib64",
  ...["x86_64-linux-gnu", "aarch64-linux-gnu"].flatMap((triplet) => [`/lib/${triplet}`, `/usr/lib/${triplet}`]),
  "/lib",
  "/usr/lib",
  "/usr/local/lib",
];

/**
 * Returns the path of a library by soname (`libc.so.6`) or short name (`libreadline`), or undefined
 * if the host has none.
 */
export function findLibrary(name: string, cacheFile = "/etc/ld.so.cache"): string | undefined {
  const cached = readLibraryCache(readOr(() => readCacheFile(cacheFile), Buffer.alloc(0)));
  const soname = chooseLibrary(
    name,
    cached.map((library) => library.soname),
  );
  return cached.find((library) => library.soname === soname)?.path ?? findInFolders(name);
}

function findInFolders(name: string): string | undefined {
  for (const folder of LIBRARY_FOLDERS) {
    const file = chooseLibrary(
      name,
      readOr(() => namesIn(folder), []),
    );
    if (file !== undefined) return join(folder, file);
  }
  return undefined;
}

/**
 * Reads the cache, a file of a few hundred kilobytes. Returns no bytes if it has another kind or is
 * too large. Throws if there is no file.
 */
export function readCacheFile(path: string, follow = true): Buffer {
  const held = holdRegular(path, follow);
  if (held === undefined) return Buffer.alloc(0);
  let descriptor: number | undefined;
  try {
    if (held.stats.size > LIMITS.libraryCache.bytes) return Buffer.alloc(0);
    descriptor = openHeld(held.descriptor);
    const bytes = Buffer.alloc(Number(held.stats.size));
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
    closeSync(held.descriptor);
  }
}

/** Returns the names in a folder, up to the limit. Throws if there is no folder. */
export function namesIn(folder: string): readonly string[] {
  const names: string[] = [];
  using opened = opendirSync(folder);
  for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) {
    if (names.push(entry.name) >= LIMITS.folderEntries) break;
  }
  return names;
}

function readOr<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
