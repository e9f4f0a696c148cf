import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chooseLibrary, readLibraryCache } from "./library-cache.ts";

/** Where the loader looks without a cache: the traditional folders, and those of Debian's multiarch. */
export const LIBRARY_FOLDERS = [
  "/lib64",
  "/usr/lib64",
  ...["x86_64-linux-gnu", "aarch64-linux-gnu"].flatMap((triplet) => [`/lib/${triplet}`, `/usr/lib/${triplet}`]),
  "/lib",
  "/usr/lib",
  "/usr/local/lib",
];

/** The path of a library by soname (`libc.so.6`) or short name (`libreadline`); undefined where the host has none. */
export function findLibrary(name: string, cacheFile = "/etc/ld.so.cache"): string | undefined {
  const cached = readLibraryCache(readOr(() => readFileSync(cacheFile), Buffer.alloc(0)));
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
      readOr(() => readdirSync(folder), []),
    );
    if (file !== undefined) return join(folder, file);
  }
  return undefined;
}

function readOr<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
