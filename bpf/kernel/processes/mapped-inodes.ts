import { closeSync, openSync } from "node:fs";
import { linesOf } from "../lines-of-file.ts";
import { LIMITS } from "../limits.ts";

/**
 * Returns the number that inodes are compared by. An overlay may put the number of a layer into the
 * top bits of what stat(2) gives, and not into what maps show. If two files agree in the other
 * bits, one of them is only taken to be in use.
 */
export function inodeLabel(inode: bigint): number {
  return Number(BigInt.asUintN(32, inode));
}

/** `start-end rwxp offset major:minor inode` fits into this many bytes, before any path. */
const NUMBERS = 100;

/**
 * Returns the labels of the inodes that a process has mapped, by `/proc/PID/maps`, up to the limit.
 * Returns none after the process has ended.
 */
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
    // The process has ended.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
  return inodes;
}
