import { closeSync, existsSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import koffi from "koffi";

/**
 * Reads files in the ways that the page-cache rule must get right; run as a program of its own, so that its main thread is the
 * reader. `node page-cache-load.ts WHAT FOLDER` waits for a line on standard input, loads, and prints one JSON line
 * {read, missed}: pages asked for, and pages that mincore(2) says were brought in.
 */

const PAGE = 4096;
const MIB = 1 << 20;
const libc = koffi.load("libc.so.6");
const fadvise = libc.func("int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)");
const mmap = libc.func("void *mmap(void *address, size_t length, int prot, int flags, int fd, int64_t offset)");
const munmap = libc.func("int munmap(void *address, size_t length)");
const syncfs = libc.func("int syncfs(int fd)");
const mincore = libc.func("int mincore(void *address, size_t length, _Out_ uint8_t *vector)");
const POSIX_FADV_RANDOM = 1;
const POSIX_FADV_DONTNEED = 4;
const PROT_READ = 1;
const MAP_SHARED = 1;

export interface LoadResult {
  readonly read: number;
  readonly missed: number;
}

function residentPages(fd: number, bytes: number): number {
  const address: unknown = mmap(null, bytes, PROT_READ, MAP_SHARED, fd, 0);
  const vector = new Uint8Array(Math.ceil(bytes / PAGE));
  if (mincore(address, bytes, vector) !== 0) throw new Error(`mincore: errno ${koffi.errno()}`);
  munmap(address, bytes);
  return vector.reduce((sum, flags) => sum + (flags & 1), 0);
}

/** Only clean pages can be evicted: the caller has written them out. */
function evict(fd: number): void {
  fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

function makeFile(path: string, bytes: number): void {
  if (existsSync(path)) return;
  const fd = openSync(path, "w");
  const chunk = Buffer.alloc(Math.min(bytes, MIB), 7);
  for (let written = 0; written < bytes;) written += writeSync(fd, chunk, 0, Math.min(chunk.length, bytes - written));
  closeSync(fd);
}

/** Writes out the file system of a folder at once: faster than file by file. */
function writeOut(folder: string): void {
  const fd = openSync(folder, "r");
  syncfs(fd);
  closeSync(fd);
}

function readThrough(fd: number, bufferBytes: number): number {
  const buffer = Buffer.alloc(bufferBytes);
  let pages = 0;
  for (;;) {
    const got = readSync(fd, buffer, 0, bufferBytes, null);
    if (got === 0) return pages;
    pages += Math.ceil(got / PAGE);
  }
}

/** The same random numbers in every run. */
function* pseudoRandom(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** `prepare` runs before the signal to start, `load` after it. */
interface Load {
  prepare(folder: string): void;
  load(folder: string): LoadResult;
}

function sequential(bufferBytes: number, cold: boolean): Load {
  const path = (folder: string): string => `${folder}/big`;
  return {
    prepare(folder) {
      makeFile(path(folder), 256 * MIB);
      writeOut(folder);
      const fd = openSync(path(folder), "r");
      evict(fd);
      if (!cold) readThrough(fd, MIB);
    },
    load(folder) {
      const fd = openSync(path(folder), "r");
      const before = residentPages(fd, 256 * MIB);
      const read = readThrough(fd, bufferBytes);
      return { read, missed: residentPages(fd, 256 * MIB) - before };
    },
  };
}

function random(advise: boolean): Load {
  const bytes = 128 * MIB;
  const path = (folder: string): string => `${folder}/half`;
  return {
    prepare(folder) {
      makeFile(path(folder), bytes);
      writeOut(folder);
      const fd = openSync(path(folder), "r");
      evict(fd);
      fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
      const buffer = Buffer.alloc(MIB / 2);
      for (let offset = 0; offset < bytes; offset += MIB) readSync(fd, buffer, 0, buffer.length, offset);
    },
    load(folder) {
      const fd = openSync(path(folder), "r");
      if (advise) fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
      const before = residentPages(fd, bytes);
      const buffer = Buffer.alloc(PAGE);
      const numbers = pseudoRandom(1);
      const read = 4000;
      for (let n = 0; n < read; n++)
        readSync(fd, buffer, 0, PAGE, Math.floor(numbers.next().value * (bytes / PAGE)) * PAGE);
      return { read, missed: residentPages(fd, bytes) - before };
    },
  };
}

function smallFiles(cold: boolean): Load {
  const count = 2000;
  const path = (folder: string, n: number): string => `${folder}/small/${n}`;
  const openAll = (folder: string): number[] => Array.from({ length: count }, (_, n) => openSync(path(folder, n), "r"));
  return {
    prepare(folder) {
      mkdirSync(`${folder}/small`, { recursive: true });
      for (let n = 0; n < count; n++) makeFile(path(folder, n), PAGE);
      writeOut(folder);
      for (const fd of openAll(folder)) {
        evict(fd);
        if (!cold) readThrough(fd, PAGE);
        closeSync(fd);
      }
    },
    load(folder) {
      const files = openAll(folder);
      const before = files.reduce((sum, fd) => sum + residentPages(fd, PAGE), 0);
      const read = files.reduce((sum, fd) => sum + readThrough(fd, 128 * 1024), 0);
      return { read, missed: files.reduce((sum, fd) => sum + residentPages(fd, PAGE), 0) - before };
    },
  };
}

/** Touches one byte of every page of a file that is mapped and not resident. */
const mapped: Load = {
  prepare(folder) {
    makeFile(`${folder}/mapped`, 64 * MIB);
    writeOut(folder);
    evict(openSync(`${folder}/mapped`, "r"));
  },
  load(folder) {
    const fd = openSync(`${folder}/mapped`, "r");
    const before = residentPages(fd, 64 * MIB);
    const address: unknown = mmap(null, 64 * MIB, PROT_READ, MAP_SHARED, fd, 0);
    const bytes = new Uint8Array(koffi.view(address, 64 * MIB));
    let sum = 0;
    for (let offset = 0; offset < bytes.length; offset += PAGE) sum += bytes[offset] ?? 0;
    const missed = residentPages(fd, 64 * MIB) - before;
    return { read: sum === 0 ? 0 : bytes.length / PAGE, missed };
  },
};

/** Writes 128 MiB of a new file: pages enter the cache, and no read asked for them. */
const written: Load = {
  prepare() {},
  load(folder) {
    makeFile(`${folder}/new`, 128 * MIB);
    return { read: 0, missed: residentPages(openSync(`${folder}/new`, "r"), 128 * MIB) };
  },
};

/** Reads what an earlier load has left in the cache, and nothing else. */
const again: Load = {
  prepare() {},
  load: (folder) => sequential(PAGE, false).load(folder),
};

const loads: Readonly<Record<string, Load>> = {
  "cold-128k": sequential(128 * 1024, true),
  "cold-4k": sequential(PAGE, true),
  "warm-128k": sequential(128 * 1024, false),
  "warm-4k": sequential(PAGE, false),
  "half-resident": random(false),
  "half-resident-advised": random(true),
  again,
  "mapped-cold": mapped,
  written,
  "small-cold": smallFiles(true),
  "small-warm": smallFiles(false),
};

const [what = "", folder = ""] = process.argv.slice(2);
const chosen = loads[what];
if (chosen === undefined) throw new Error(`expected one of ${Object.keys(loads).join(", ")}, found "${what}"`);
chosen.prepare(folder);
process.stdout.write("prepared\n");
readSync(0, Buffer.alloc(16));
process.stdout.write(`${JSON.stringify(chosen.load(folder))}\n`);
