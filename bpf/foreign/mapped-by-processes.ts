import { readdirSync } from "node:fs";
import { NotRead, type ForeignReader } from "./foreign-reader.ts";
import { ownerOf } from "./owner.ts";

/**
 * Returns the labels of all inodes that processes have mapped. A process whose maps cannot be read
 * adds nothing.
 */
export async function mappedByProcesses(reader: ForeignReader): Promise<ReadonlySet<number>> {
  const inodes = new Set<number>();
  for (const pid of readdirSync("/proc")
    .filter((each) => /^\d+$/.test(each))
    .map(Number)) {
    const owner = ownerOf(pid, "");
    if (owner === "gone") continue;
    try {
      const mapped = await reader.ask({ kind: "mapped", pid }, owner, `what process ${pid} has mapped`);
      for (const inode of mapped) inodes.add(inode);
    } catch (error) {
      if (!(error instanceof NotRead)) throw error;
    }
  }
  return inodes;
}
