import { mkdir, readdir, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { openCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { GrowingTree } from "./growing-tree.ts";
import { parseKey } from "./note.ts";
import { readKeys, newestMoment, type SealedMoment } from "./seal-folder.ts";
import { TreeFiles } from "./tree-files.ts";

/**
 * Where a seal stands: its tree under the last checkpoint, and the hash of the first line of the
 * file that was written.
 */
export interface Standing {
  readonly tree: GrowingTree;
  readonly last?: SealedMoment;
  readonly first?: Buffer;
}

/** Returns where a seal without checkpoints stands. */
export function nothing(): Standing {
  return { tree: new GrowingTree() };
}

/**
 * Returns where a seal stands, or says why it cannot go on: it does not fit its own last
 * checkpoint. Rejects with Node's error if its files cannot be read.
 */
export async function standingOf(folder: string): Promise<Standing | string> {
  const last = await newestMoment(folder);
  if (last === undefined) return nothing();
  const checkpoint = await checkpointOf(folder, last);
  if (checkpoint?.size !== last.size) return "its last checkpoint is not signed by one of its keys";
  await using files = new TreeFiles(folder);
  try {
    const tree = await files.growing(last.size);
    if (!tree.root().equals(checkpoint.root)) return "its hashes are not those of its last checkpoint";
    return last.segment < last.size ? { tree, last, first: await files.subtree(0, last.segment) } : { tree, last };
  } catch {
    return "hashes are missing in it";
  }
}

async function checkpointOf(folder: string, { checkpoint }: SealedMoment): Promise<Checkpoint | undefined> {
  for (const text of (await readKeys(folder)).toReversed()) {
    const key = parseKey(text);
    const opened = key && openCheckpoint(checkpoint, key);
    if (opened !== undefined) return opened;
  }
  return undefined;
}

/**
 * Moves the files of a seal that cannot go on into a folder of their own, the lock excepted.
 * @returns the path of that folder
 */
export async function setAside(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name !== "lock" && !name.startsWith("broken-"));
  const taken = (await readdir(folder)).filter((name) => name.startsWith("broken-")).length;
  const path = join(folder, `broken-${taken + 1}`);
  await mkdir(path, { mode: 0o750 });
  for (const name of names) await rename(join(folder, name), join(path, basename(name)));
  return path;
}
