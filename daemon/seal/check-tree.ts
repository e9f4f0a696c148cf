import { GrowingTree } from "./growing-tree.ts";
import { HASH_BYTES } from "./merkle-hash.ts";
import { TILE_LEVELS, type TreeFiles } from "./tree-files.ts";

/** The root that a tree must have with a number of leaves. */
export interface ExpectedRoot {
  readonly size: number;
  readonly root: Buffer;
}

export interface TreeCheck {
  /** the number of leaves that the files hold, at most as many as asked for */
  readonly leaves: number;
  /** expected roots that the tree does not have, by size */
  readonly wrong: ReadonlySet<ExpectedRoot>;
  /** levels of the files whose hashes do not follow from the leaves */
  readonly wrongLevels: readonly number[];
}

/**
 * Computes a tree again from the hashes of its leaves, and compares it with the roots that it must
 * have and with the hashes of its inner nodes.
 *
 * @param size the number of leaves
 * @param expected in any order; those of larger trees are wrong
 */
export async function checkTree(files: TreeFiles, size: number, expected: readonly ExpectedRoot[]): Promise<TreeCheck> {
  const bySize = expected.toSorted((a, b) => a.size - b.size);
  const inner = new InnerHashes();
  const tree = new GrowingTree();
  const wrong = new Set(bySize.filter((each) => each.size > size));
  let next = 0;
  for await (const piece of files.leaves(0, size)) {
    for (let at = 0; at < piece.length; at += HASH_BYTES) {
      tree.add(piece.subarray(at, at + HASH_BYTES), ({ level, hash }) => inner.add(level, hash));
      for (let due = bySize[next]; due !== undefined && due.size <= tree.size; due = bySize[++next])
        if (due.size === tree.size && !tree.root().equals(due.root)) wrong.add(due);
    }
  }
  for (const due of bySize.slice(next)) wrong.add(due);
  return { leaves: tree.size, wrong, wrongLevels: await inner.differing(files) };
}

/** The hashes of a tree's inner nodes that are kept in files. */
class InnerHashes {
  readonly #byLevel = new Map<number, Buffer[]>();

  add(level: number, hash: Buffer): void {
    if (level === 0 || level % TILE_LEVELS !== 0) return;
    this.#byLevel.getOrInsertComputed(level / TILE_LEVELS, () => []).push(hash);
  }

  /** Returns the levels whose file holds other hashes. */
  async differing(files: TreeFiles): Promise<readonly number[]> {
    const levels: number[] = [];
    for (const [level, hashes] of this.#byLevel) {
      const found = await files.hashes(level, 0, hashes.length).catch(() => []);
      if (!Buffer.concat(found).equals(Buffer.concat(hashes))) levels.push(level);
    }
    return levels;
  }
}
