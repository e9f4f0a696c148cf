import { closeSync, existsSync, openSync, readSync, writeSync } from "node:fs";
import koffi from "koffi";

/* Files whose pages in the page cache a load knows. */

export const PAGE = 4096;
export const MIB = 1 << 20;
export const libc = koffi.load("libc.so.6");
export const fadvise = libc.func("int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)");
export const mmap = libc.func("void *mmap(void *address, size_t length, int prot, int flags, int fd, int64_t offset)");
const munmap = libc.func("int munmap(void *address, size_t length)");
const syncfs = libc.func("int syncfs(int fd)");
const mincore = libc.func("int mincore(void *address, size_t length, _Out_ uint8_t *vector)");
export const POSIX_FADV_RANDOM = 1;
const POSIX_FADV_DONTNEED = 4;
export const PROT_READ = 1;
export const MAP_SHARED = 1;

/** `prepare` runs before the signal to start, `load` after it. */
export interface Load {
  prepare(folder: string): void;
  load(folder: string): LoadResult | Promise<LoadResult>;
}

export interface LoadResult {
  readonly read: number;
  readonly missed: number;
}

/** Pages of a range of a file that mincore(2) says are in the page cache; `offset` is a page's. */
export function residentPages(fd: number, bytes: number, offset = 0): number {
  const address: unknown = mmap(null, bytes, PROT_READ, MAP_SHARED, fd, offset);
  const vector = new Uint8Array(Math.ceil(bytes / PAGE));
  if (mincore(address, bytes, vector) !== 0) throw new Error(`mincore: errno ${koffi.errno()}`);
  munmap(address, bytes);
  return vector.reduce((sum, flags) => sum + (flags & 1), 0);
}

/** Pages on which bytes of a range lie, and those of them that are not in the page cache. */
export function pagesOf(fd: number, offset: number, bytes: number): LoadResult {
  const first = Math.floor(offset / PAGE);
  const read = Math.floor((offset + bytes - 1) / PAGE) + 1 - first;
  return { read, missed: read - residentPages(fd, read * PAGE, first * PAGE) };
}

/** Only clean pages can be evicted: the caller has written them out. */
export function evict(fd: number): void {
  fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

export function makeFile(path: string, bytes: number): void {
  if (existsSync(path)) return;
  const fd = openSync(path, "w");
  const chunk = Buffer.alloc(Math.min(bytes, MIB), 7);
  for (let written = 0; written < bytes;) written += writeSync(fd, chunk, 0, Math.min(chunk.length, bytes - written));
  closeSync(fd);
}

/** Writes out the file system of a folder at once: faster than file by file. */
export function writeOut(folder: string): void {
  const fd = openSync(folder, "r");
  syncfs(fd);
  closeSync(fd);
}

export function readThrough(fd: number, bufferBytes: number): number {
  const buffer = Buffer.alloc(bufferBytes);
  let pages = 0;
  for (;;) {
    const got = readSync(fd, buffer, 0, bufferBytes, null);
    if (got === 0) return pages;
    pages += Math.ceil(got / PAGE);
  }
}

/** The same random numbers in every run. */
export function* pseudoRandom(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}
