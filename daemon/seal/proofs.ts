import { emptyRoot, nodeHash } from "./merkle-hash.ts";

/** Returns the hash of the full subtree of 2^`level` leaves that begins at the leaf `first`. */
export type SubtreeHash = (level: number, first: number) => Promise<Buffer>;

/**
 * Returns the hash of the leaves from `from` up to, not including, `to`. `from` is 0 or begins a
 * full subtree.
 */
export async function rangeHash(from: number, to: number, subtree: SubtreeHash): Promise<Buffer> {
  const size = to - from;
  if (size === 0) return emptyRoot();
  const half = halfOf(size);
  if (size === 1 || half * 2 === size) return subtree(Math.log2(size), from);
  return nodeHash(await rangeHash(from, from + half, subtree), await rangeHash(from + half, to, subtree));
}

/**
 * Returns the proof that a leaf is in a tree of `size` leaves (RFC 6962, section 2.1.1): hashes
 * from the leaf upwards.
 */
export async function inclusionProof(leaf: number, size: number, subtree: SubtreeHash): Promise<readonly Buffer[]> {
  const proof: Buffer[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + halfOf(to - from);
    const isLeft = leaf < middle;
    proof.unshift(await (isLeft ? rangeHash(middle, to, subtree) : rangeHash(from, middle, subtree)));
    [from, to] = isLeft ? [from, middle] : [middle, to];
  }
  return proof;
}

/**
 * Returns the proof that a tree of `size` leaves begins with that of `old` leaves (RFC 6962,
 * section 2.1.2).
 */
export async function consistencyProof(old: number, size: number, subtree: SubtreeHash): Promise<readonly Buffer[]> {
  if (old === 0 || old === size) return [];
  const proof: Buffer[] = [];
  let [from, to] = [0, size];
  let isWhole = true;
  while (old !== to) {
    const middle = from + halfOf(to - from);
    const isLeft = old <= middle;
    proof.unshift(await (isLeft ? rangeHash(middle, to, subtree) : rangeHash(from, middle, subtree)));
    if (isLeft) to = middle;
    else {
      from = middle;
      isWhole = false;
    }
  }
  return isWhole ? proof : [await rangeHash(from, to, subtree), ...proof];
}

/**
 * Returns the root that an inclusion proof leads to (RFC 9162, section 2.1.3.2), or undefined if
 * the proof has another length.
 */
export function rootOfInclusion(
  leaf: number,
  size: number,
  hash: Buffer,
  proof: readonly Buffer[],
): Buffer | undefined {
  if (leaf >= size) return undefined;
  let [node, last, root] = [leaf, size - 1, hash];
  for (const next of proof) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(next, root);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else root = nodeHash(root, next);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : undefined;
}

/** The roots that a consistency proof leads to: of the old tree and of the new one. */
export interface ConsistentRoots {
  readonly old: Buffer;
  readonly now: Buffer;
}

/**
 * Returns the roots that a consistency proof leads to (RFC 9162, section 2.1.4.2), or undefined if
 * the proof has another length.
 */
export function rootsOfConsistency(
  old: number,
  size: number,
  oldRoot: Buffer,
  proof: readonly Buffer[],
): ConsistentRoots | undefined {
  if (old === size) return proof.length === 0 ? { old: oldRoot, now: oldRoot } : undefined;
  const isPower = 2 ** Math.round(Math.log2(old)) === old;
  const [first, ...rest] = isPower ? [oldRoot, ...proof] : proof;
  if (first === undefined) return undefined;
  let [node, last] = [old - 1, size - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  let roots = { old: first, now: first };
  for (const next of rest) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      roots = { old: nodeHash(next, roots.old), now: nodeHash(next, roots.now) };
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else roots = { ...roots, now: nodeHash(roots.now, next) };
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? roots : undefined;
}

/** Returns the largest power of two that is less than `size`; 0 for a size of one. */
function halfOf(size: number): number {
  return size <= 1 ? 0 : 2 ** (Math.ceil(Math.log2(size)) - 1);
}
