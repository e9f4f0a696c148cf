import { closeSync, openSync } from "node:fs";
import { linesOf } from "../lines-of-file.ts";
import { LIMITS } from "../limits.ts";

/**
 * What an inode's number is compared by. An overlay may put the number of a layer into the top bits of what stat(2) says, and not into
 * what maps say; two files that agree in the rest only make one of them seem in use.
 */
export function inodeLabel(inode: bigint): number {
  return Number(BigInt.asUintN(32, inode));
}

/** `start-end rwxp offset major:minor inode` stands in so many bytes, whatever the path behind it. */
const NUMBERS = 100;

/** The labels of the inodes that a process has mapped, by `/proc/PID/maps`, as far as the limit goes; none where it has ended. */
export function mappedInodes(pid: number): ReadonlySet<number> {
  const inodes = new Set<number>();
  let descriptor: number | undefined;
  try {
    descriptor = openSync(`/proc/${pid}/maps`, "r");
    for (const { bytes } of linesOf(descriptor, LIMITS.maps.bytes, undefined)) {
      const inode = /^\S+ \S+ \S+ \S+ ([1-9]\d*)/.exec(bytes.subarray(0, NUMBERS).toString("latin1"))?.[1];
      if (inode !== undefined) inodes.add(inodeLabel(BigInt(inode)));
    }
  } catch {
    // It has ended.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
  return inodes;
}
