import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";

const PAGE = 4096;
const POSIX_FADV_DONTNEED = 4;
const MADV_RANDOM = 1;
const libc = koffi.load("libc.so.6");
const mmap = libc.func("void *mmap(void *address, size_t length, int prot, int flags, int fd, int64_t offset)");
const munmap = libc.func("int munmap(void *address, size_t length)");
const madvise = libc.func("int madvise(void *address, size_t length, int advice)");
const fadvise = libc.func("int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)");

/** A file on a disk whose pages are not in memory. */
export class ColdFile implements Disposable {
  readonly fd: number;
  readonly pages: number;
  readonly path: string;
  readonly #folder: string;

  constructor(pages: number) {
    this.pages = pages;
    this.#folder = mkdtempSync(join(tmpdir(), "bpfwarden-cold-"));
    this.path = join(this.#folder, "file");
    this.fd = openSync(this.path, "w+");
    // page by page: what is left of large buffers is freed by another thread, at some time
    const page = Buffer.alloc(PAGE, 7);
    for (let index = 0; index < pages; index++) writeSync(this.fd, page);
    fsyncSync(this.fd);
    fadvise(this.fd, 0, 0, POSIX_FADV_DONTNEED);
  }

  /** Maps it and reads a byte of each page, without readahead: a fault each. */
  touch(): number {
    const bytes = this.pages * PAGE;
    const address: unknown = mmap(null, bytes, 1, 1, this.fd, 0);
    madvise(address, bytes, MADV_RANDOM);
    const view = new Uint8Array(koffi.view(address, bytes));
    let sum = 0;
    for (let offset = 0; offset < bytes; offset += PAGE) sum += view[offset] ?? 0;
    munmap(address, bytes);
    return sum / 7;
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
    rmSync(this.#folder, { recursive: true });
  }
}
