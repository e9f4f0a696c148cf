import { setFlagsFromString } from "node:v8";
import koffi from "koffi";
import { releaseTextPages } from "./text-pages.ts";

/** Parameters of mallopt(3), malloc.h of glibc. */
const M_TRIM_THRESHOLD = -1;
const M_MMAP_THRESHOLD = -3;
const M_ARENA_MAX = -8;

const THRESHOLD_BYTES = 128 << 10;
const ARENAS = 2;

/** The interval at which free memory is returned to the kernel. */
const TRIM_MS = 60_000;

/**
 * V8 collects garbage after the heap has grown by this percentage. With its default the heap can
 * double and more.
 */
const HEAP_GROWING_PERCENT = 30;

/**
 * Makes V8 collect sooner, and glibc return memory to the kernel as soon as it is free.
 *
 * By default, glibc's threshold for own mappings grows with each large block that is freed. Buffers
 * are then in a heap that cannot shrink: two thirds of the resident size after many rules were
 * loaded. A threshold that is set stays as it is. Other C libraries, such as musl, have no mallopt
 * and are left as they are.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
  const mallopt = find("int mallopt(int parameter, int value)");
  mallopt?.(M_MMAP_THRESHOLD, THRESHOLD_BYTES);
  mallopt?.(M_TRIM_THRESHOLD, THRESHOLD_BYTES);
  mallopt?.(M_ARENA_MAX, ARENAS);
}

/**
 * Collects garbage if Node.js runs with --expose-gc, and returns free memory to the kernel. Takes
 * about 50 ms.
 */
export function releaseMemory(): void {
  globalThis.gc?.();
  trimMemory();
}

/**
 * Returns free memory and the unused pages of Node's file to the kernel. Takes some milliseconds.
 */
export function trimMemory(): void {
  find("int malloc_trim(size_t pad)")?.(0);
  releaseTextPages();
}

/** Calls `trimMemory` each minute. */
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
