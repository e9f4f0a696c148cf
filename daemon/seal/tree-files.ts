import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { edgeOf, GrowingTree, type Subtree } from "./growing-tree.ts";
import { HASH_BYTES, nodeHash } from "./merkle-hash.ts";

/**
 * The hashes of a tree in files: `tree-0` holds those of the leaves, `tree-1` those of subtrees of
 * 256 leaves, `tree-2` of 65,536, one after the other. These are the levels of C2SP's tiles
 * (tlog-tiles.md), so that a proof reads a few kilobytes of a tree of any size.
 */
export const TILE_LEVELS = 8;

/** The most bytes that are written or read at once. */
const PIECE_BYTES = 1 << 20;

const fileOf = (folder: string, tileLevel: number): string => join(folder, `tree-${tileLevel}`);

/**
 * Returns the subtree's place among the files, or undefined if it is not kept: it can be computed
 * from the level below.
 */
function tileLevelOf({ level }: Subtree): number | undefined {
  return level % TILE_LEVELS === 0 ? level / TILE_LEVELS : undefined;
}

/** Hashes that were computed and wait to be written, by level of the files. */
export class PendingHashes {
  #byLevel: Buffer[][] = [];

  add(subtree: Subtree): void {
    const tileLevel = tileLevelOf(subtree);
    if (tileLevel !== undefined) (this.#byLevel[tileLevel] ??= []).push(subtree.hash);
  }

  /** Takes all hashes, by level. */
  take(): readonly (readonly Buffer[])[] {
    const taken = this.#byLevel;
    this.#byLevel = [];
    return taken;
  }

  /** Puts back hashes that could not be written, before those that came since. */
  putBack(hashes: readonly (readonly Buffer[])[]): void {
    const since = this.#byLevel;
    this.#byLevel = Array.from({ length: Math.max(hashes.length, since.length) }, (_, level) => [
      ...(hashes[level] ?? []),
      ...(since[level] ?? []),
    ]);
  }
}

/**
 * Writes hashes at their places, over whatever a crash left there. They are on the disk when it
 * resolves: a checkpoint must not outlive its hashes.
 * @param size the number of leaves that the files hold
 */
export async function writeHashes(folder: string, size: number, hashes: readonly (readonly Buffer[])[]): Promise<void> {
  for (const [tileLevel, ofLevel] of hashes.entries()) {
    if (ofLevel.length === 0) continue;
    await using handle = await openToWrite(fileOf(folder, tileLevel));
    const position = Math.floor(size / 2 ** (TILE_LEVELS * tileLevel)) * HASH_BYTES;
    await writeAll(handle, Buffer.concat(ofLevel), position);
    await handle.datasync();
  }
}

async function openToWrite(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r+");
  } catch {
    return open(path, "wx+", 0o640);
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length)
    written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
}

/** The files of a tree, open to be read. Throws Node's errors; a missing hash is a `MissingHash`. */
export class TreeFiles implements AsyncDisposable {
  readonly #folder: string;
  readonly #handles = new Map<number, Promise<FileHandle>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns the hash of the full subtree of 2^`level` leaves that begins at the leaf `first`. */
  async subtree(level: number, first: number): Promise<Buffer> {
    const tileLevel = Math.floor(level / TILE_LEVELS);
    const unit = 2 ** (TILE_LEVELS * tileLevel);
    let hashes = await this.hashes(tileLevel, first / unit, 2 ** (level - TILE_LEVELS * tileLevel));
    while (hashes.length > 1)
      hashes = hashes.flatMap((hash, index) => {
        const right = hashes[index + 1];
        return index % 2 === 1 || right === undefined ? [] : [nodeHash(hash, right)];
      });
    const [root] = hashes;
    if (root === undefined) throw new MissingHash(this.#folder);
    return root;
  }

  /** Returns `count` hashes of a level from number `from` on. */
  async hashes(tileLevel: number, from: number, count: number): Promise<Buffer[]> {
    const bytes = Buffer.alloc(count * HASH_BYTES);
    const handle = await this.#handle(tileLevel);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from * HASH_BYTES);
    if (bytesRead < bytes.length) throw new MissingHash(this.#folder);
    return Array.from({ length: count }, (_, index) => bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
  }

  /** Yields the hashes of leaves `from` up to `to`, in pieces. Fewer where the file ends before. */
  async *leaves(from: number, to: number): AsyncGenerator<Buffer, void, undefined> {
    const handle = await this.#handle(0);
    for (let leaf = from; leaf < to;) {
      const bytes = Buffer.alloc(Math.min(PIECE_BYTES, (to - leaf) * HASH_BYTES));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, leaf * HASH_BYTES);
      const whole = bytesRead - (bytesRead % HASH_BYTES);
      if (whole === 0) return;
      yield bytes.subarray(0, whole);
      leaf += whole / HASH_BYTES;
    }
  }

  /** Returns the tree of the first `size` leaves, ready to grow. */
  async growing(size: number): Promise<GrowingTree> {
    const edge: Subtree[] = [];
    for (const { level, first } of edgeOf(size)) edge.push({ level, hash: await this.subtree(level, first) });
    return new GrowingTree(edge, size);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#handles.values()) await (await handle.catch(() => undefined))?.close();
  }

  async #handle(tileLevel: number): Promise<FileHandle> {
    return this.#handles.getOrInsertComputed(tileLevel, async () => open(fileOf(this.#folder, tileLevel), "r"));
  }
}

/** The files of a tree hold less than its checkpoint says. */
export class MissingHash extends Error {
  constructor(folder: string) {
    super(`the hashes in "${folder}" are fewer than the last checkpoint says`);
  }
}
