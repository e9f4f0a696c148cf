import { readFileSync } from "node:fs";
import koffi from "koffi";

/** madvise(2): releases the pages. Pages of a file are read again when they are used. */
const MADV_DONTNEED = 4;

/** Lines of proc_pid_smaps(5) for a mapping without private pages of the process. */
const NONE_OF_OURS: readonly RegExp[] = [/^Anonymous: +0 kB$/m, /^Private_Dirty: +0 kB$/m, /^Swap: +0 kB$/m];

/** Addresses of one process. */
export interface Mapping {
  readonly start: bigint;
  readonly bytes: bigint;
}

/**
 * Releases pages of Node's own file that only the start has used: about forty of its sixty resident
 * megabytes. They stay in the page cache, and a minor fault brings them back. Does nothing if the C
 * library or the kernel does not support it.
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
 * Returns the mappings of a file that are not writable and have no private page in memory or swap.
 * Private pages cannot be read from the file again: the loader has relocated them, or a uprobe has
 * its breakpoint there.
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
