import { emptyRoot, nodeHash } from "./merkle-hash.ts";

/** A tree of 2^`level` leaves, and its hash. */
export interface Subtree {
  readonly level: number;
  readonly hash: Buffer;
}

/**
 * The right edge of a Merkle tree that grows: the full subtrees that its leaves form, the largest
 * first. Their sizes are the bits of the number of leaves, so a tree of a billion leaves has at
 * most thirty.
 */
export class GrowingTree {
  readonly #edge: Subtree[];
  #size: number;

  /** @param edge the full subtrees of a tree of `size` leaves, the largest first */
  constructor(edge: readonly Subtree[] = [], size = 0) {
    this.#edge = [...edge];
    this.#size = size;
  }

  /** the number of leaves */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds a leaf. Calls `onFull` for each subtree that it completes, the smallest first. The leaf
   * itself is a subtree of level 0.
   */
  add(leaf: Buffer, onFull: (subtree: Subtree) => void = () => undefined): void {
    let subtree: Subtree = { level: 0, hash: leaf };
    onFull(subtree);
    for (let last = this.#edge.at(-1); last?.level === subtree.level; last = this.#edge.at(-1)) {
      this.#edge.pop();
      subtree = { level: subtree.level + 1, hash: nodeHash(last.hash, subtree.hash) };
      onFull(subtree);
    }
    this.#edge.push(subtree);
    this.#size++;
  }

  /** Returns the hash of the whole tree (RFC 6962, section 2.1). */
  root(): Buffer {
    const [last, ...rest] = this.#edge.toReversed();
    if (last === undefined) return emptyRoot();
    return rest.reduce((right, { hash }) => nodeHash(hash, right), last.hash);
  }
}

/**
 * Returns the full subtrees of a tree of `size` leaves, the largest first, as levels with the
 * number of the first leaf.
 */
export function edgeOf(size: number): readonly { readonly level: number; readonly first: number }[] {
  const edge: { level: number; first: number }[] = [];
  let first = 0;
  for (let level = Math.floor(Math.log2(Math.max(size, 1))) + 1; level >= 0; level--) {
    if (Math.floor(size / 2 ** level) % 2 === 0) continue;
    edge.push({ level, first });
    first += 2 ** level;
  }
  return edge;
}
