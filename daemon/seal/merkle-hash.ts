import { hash } from "node:crypto";

/** The length of a SHA-256 hash in bytes. */
export const HASH_BYTES = 32;

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/**
 * Returns the hash of a leaf of the tree (RFC 6962, section 2.1): SHA-256 of a zero byte and the
 * data.
 */
export function leafHash(data: Uint8Array): Buffer {
  return hash("sha256", Buffer.concat([LEAF, data]), "buffer");
}

/**
 * Returns the hash of an inner node (RFC 6962, section 2.1): SHA-256 of a one byte and both hashes
 * below it.
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash("sha256", Buffer.concat([NODE, left, right]), "buffer");
}

/** Returns the hash of a tree without leaves. */
export function emptyRoot(): Buffer {
  return hash("sha256", Buffer.alloc(0), "buffer");
}
