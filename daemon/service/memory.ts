import { setFlagsFromString } from "node:v8";
import koffi from "koffi";
import { releaseTextPages } from "./text-pages.ts";

/** Parameters of mallopt(3), malloc.h of glibc. */
const M_TRIM_THRESHOLD = -1;
const M_MMAP_THRESHOLD = -3;
const M_ARENA_MAX = -8;

const THRESHOLD_BYTES = 128 << 10;
const ARENAS = 2;

/** How often free memory is given back while the daemon runs. */
const TRIM_MS = 60_000;

/** V8 collects once the heap has grown by such a part since the last time. Its own choice lets it double and more. */
const HEAP_GROWING_PERCENT = 30;

/**
 * Has V8 collect sooner, and glibc give memory back to the kernel as soon as it is free. By default glibc's threshold for own mappings
 * grows with each large block that is freed. Buffers then lie in a heap that cannot shrink: two thirds of the resident size after many
 * rules were loaded. A threshold that is set stays as it is. Where the C library has no such call, such as musl, it stays as it was.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
  const mallopt = find("int mallopt(int parameter, int value)");
  mallopt?.(M_MMAP_THRESHOLD, THRESHOLD_BYTES);
  mallopt?.(M_TRIM_THRESHOLD, THRESHOLD_BYTES);
  mallopt?.(M_ARENA_MAX, ARENAS);
}

/** Collects garbage, where Node.js runs with --expose-gc, and gives free memory back to the kernel. Takes some 50 ms. */
export function releaseMemory(): void {
  globalThis.gc?.();
  trimMemory();
}

/** Gives back what is free, and what was read of Node's file. Takes some milliseconds. */
export function trimMemory(): void {
  find("int malloc_trim(size_t pad)")?.(0);
  releaseTextPages();
}

/** Does so each minute. */
export function startTrimming(): Disposable {
  const timer = setInterval(trimMemory, TRIM_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function find(prototype: string): ((...values: readonly number[]) => number) | undefined {
  try {
    return koffi.load(null).func(prototype) as (...values: readonly number[]) => number;
  } catch {
    return undefined;
  }
}
