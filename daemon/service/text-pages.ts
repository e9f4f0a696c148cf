import { readFileSync } from "node:fs";
import koffi from "koffi";

/** madvise(2): the pages are let go of. Those of a file are read from it again when they are touched. */
const MADV_DONTNEED = 4;

/** What proc_pid_smaps(5) says of a mapping without pages of the process' own. */
const NONE_OF_OURS: readonly RegExp[] = [/^Anonymous: +0 kB$/m, /^Private_Dirty: +0 kB$/m, /^Swap: +0 kB$/m];

/** Addresses of one process. */
export interface Mapping {
  readonly start: bigint;
  readonly bytes: bigint;
}

/**
 * Lets go of pages of Node.js' own file that the start has touched and perhaps nobody touches again: some forty of the sixty megabytes that
 * are resident of it. They stay in the page cache, and come back by a minor fault where they are needed. Does nothing where the C library
 * or the kernel does not let it.
 */
export function releaseTextPages(): void {
  try {
    const madvise = koffi.load(null).func("int madvise(uintptr_t start, size_t bytes, int advice)");
    for (const { start, bytes } of cleanMappings(readFileSync("/proc/self/smaps", "latin1"), process.execPath))
      madvise(start, bytes, MADV_DONTNEED);
  } catch {
    // They stay resident.
  }
}

/**
 * The mappings of a file that nobody can write to, and of which no page is the process' own, be it in memory or in swap. A page that the
 * loader has relocated, or in which a uprobe has its breakpoint, could not be read from the file again.
 *
 * @param smaps as proc_pid_smaps(5) describes it
 */
export function cleanMappings(smaps: string, path: string): readonly Mapping[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).flatMap((entry) => {
    const [addresses = "", permissions, , , , ...file] = entry.slice(0, entry.indexOf("\n")).split(" ");
    const [start, end] = addresses.split("-");
    const isClean = NONE_OF_OURS.every((pattern) => pattern.test(entry));
    if (file.join(" ").trimStart() !== path || permissions?.includes("w") !== false || !isClean) return [];
    return [{ start: BigInt(`0x${start}`), bytes: BigInt(`0x${end}`) - BigInt(`0x${start}`) }];
  });
}
