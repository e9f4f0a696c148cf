import { sysconf } from "./libc.ts";

/** _SC_PAGESIZE of glibc */
const PAGE_SIZE_NAME = 30;
let known: number | undefined;

/** Returns the bytes of a page: 4096 on x86-64; 4096, 16384 or 65536 on arm64. */
export function pageBytes(): number {
  return (known ??= sysconf(PAGE_SIZE_NAME));
}
