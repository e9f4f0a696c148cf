import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";

/**
 * What an inode's number is compared by. An overlay may put the number of a layer into the top bits of what stat(2) says, and not into
 * what maps say; two files that agree in the rest only make one of them seem in use.
 */
export function inodeLabel(inode: bigint): number {
  return Number(BigInt.asUintN(32, inode));
}

/** The labels of all inodes that processes have mapped, by `/proc/PID/maps`. Reading those takes a while: not on the main thread. */
export async function mappedInodes(): Promise<ReadonlySet<number>> {
  const inodes = new Set<number>();
  for (const pid of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    const maps = await readFile(`/proc/${pid}/maps`, "latin1").catch(() => "");
    for (const [, inode = "0"] of maps.matchAll(/^\S+ \S+ \S+ \S+ ([1-9]\d*)/gm)) inodes.add(inodeLabel(BigInt(inode)));
  }
  return inodes;
}
