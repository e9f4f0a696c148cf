import { LIMITS } from "../limits.ts";

/** One library of `/etc/ld.so.cache`. */
export interface CachedLibrary {
  /** such as `libc.so.6` */
  readonly soname: string;
  readonly path: string;
}

const MAGIC = "glibc-ld.so.cache1.1";
const HEADER_BYTES = 48;
const ENTRY_BYTES = 24;
/** `FLAG_X8664_LIB64` and `FLAG_AARCH64_LIB64` of glibc's sysdeps/generic/ldconfig.h. */
const LIBRARY_FLAGS = [0x0300, 0x0a00];

/**
 * Returns the 64-bit libraries of an ld.so.cache, in its order. The format (glibc's
 * sysdeps/generic/dl-cache.h), all little-endian:
 *
 *     0       20      24           28     32                   48
 *     magic   nlibs   len_strings  flags  extension_offset...  nlibs entries
 *
 * An entry is `{flags, key, value, osversion: u32, hwcap: u64}`.
 *
 * Older files have another table first. Builds for certain processors (hwcap) are left out: every
 * host has the plain build. A file in another format has no libraries.
 */
export function readLibraryCache(bytes: Buffer): readonly CachedLibrary[] {
  const start = bytes.indexOf(MAGIC);
  if (start < 0 || bytes.length < start + HEADER_BYTES) return [];
  const cache = bytes.subarray(start);
  const room = Math.floor((cache.length - HEADER_BYTES) / ENTRY_BYTES);
  const count = Math.min(cache.readUInt32LE(20), room, LIMITS.libraryCache.entries);
  return Array.from({ length: count }, (_, index) => HEADER_BYTES + index * ENTRY_BYTES)
    .filter((at) => LIBRARY_FLAGS.includes(cache.readUInt32LE(at) & 0xff00) && cache.readBigUInt64LE(at + 16) === 0n)
    .map((at) => ({
      soname: textAt(cache, cache.readUInt32LE(at + 4), LIMITS.libraryCache.sonameBytes),
      // Read when it is asked for: thousands of entries may name the same long text.
      get path() {
        return textAt(cache, cache.readUInt32LE(at + 8), LIMITS.libraryCache.pathBytes);
      },
    }));
}

/**
 * Returns the library file name that a name means: `libc.so.6` is itself, `libc` and `libc.so` are
 * the highest version. Returns undefined if there is none.
 */
export function chooseLibrary(name: string, sonames: readonly string[]): string | undefined {
  if (sonames.includes(name)) return name;
  const stem = name.endsWith(".so") ? name : `${name}.so`;
  const versions = sonames.filter((soname) => soname === stem || soname.startsWith(`${stem}.`));
  return versions.toSorted((left, right) => left.localeCompare(right, "en", { numeric: true })).at(-1);
}

function textAt(cache: Buffer, offset: number, most: number): string {
  const text = cache.subarray(offset, offset + most);
  const end = text.indexOf(0);
  return end < 0 ? "" : text.toString("utf8", 0, end);
}
