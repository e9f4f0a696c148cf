import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { linesOf } from "./log-lines.ts";
import { leafHash } from "./merkle-hash.ts";
import { newestMoment, sealFolderOf } from "./seal-folder.ts";
import { sealedParts } from "./sealed-parts.ts";
import { TILE_LEVELS, TreeFiles } from "./tree-files.ts";

/** The hashes, or entries, in a whole tile (C2SP, tlog-tiles.md). */
const TILE = 2 ** TILE_LEVELS;
/** An entry has its length in 16 bits before it. */
const MAX_ENTRY_BYTES = 0xffff;

/** An exported log: how many records its checkpoint covers, and from which on their lines are there. */
export interface ExportedLog {
  readonly size: number;
  /** the number of the first record, from 0, whose bundle was written; `size` if none was */
  readonly firstEntry: number;
}

/**
 * Writes a sealed log as the static files of a tiled transparency log (C2SP, tlog-tiles.md):
 * `checkpoint`, `tile/LEVEL/N` with hashes, and `tile/entries/N` with the lines that are still kept
 * and unchanged. Returns a text if it cannot. Rejects with Node's error.
 *
 * @param folder is created
 */
export async function exportTiles(path: string, folder: string): Promise<ExportedLog | string> {
  const last = await newestMoment(sealFolderOf(path));
  if (last === undefined) return `the log "${path}" is not sealed: it has no checkpoint`;
  const { size, checkpoint } = last;
  await using tree = new TreeFiles(sealFolderOf(path));
  for (let level = 0; TILE ** level <= size; level++) await writeHashTiles(tree, level, size, folder);
  const firstEntry = await writeEntries(path, tree, size, folder);
  if (typeof firstEntry === "string") return firstEntry;
  await write(join(folder, "checkpoint"), Buffer.from(checkpoint));
  return { size, firstEntry };
}

async function writeHashTiles(tree: TreeFiles, level: number, size: number, folder: string): Promise<void> {
  const count = Math.floor(size / TILE ** level);
  for (let first = 0; first < count; first += TILE) {
    const hashes = await tree.hashes(level, first, Math.min(TILE, count - first));
    await write(join(folder, "tile", String(level), tilePath(first / TILE, hashes.length)), Buffer.concat(hashes));
  }
}

/**
 * Writes the bundles of lines. Returns the first record that they hold, or why a line has no place
 * in one.
 */
async function writeEntries(path: string, tree: TreeFiles, size: number, folder: string): Promise<number | string> {
  let firstEntry = size;
  let bundle: Buffer[] = [];
  for await (const { record, line } of sealedLines(path, tree, size)) {
    if (line.length > MAX_ENTRY_BYTES)
      return `record ${record + 1} has ${line.length} bytes: an entry has at most ${MAX_ENTRY_BYTES}`;
    // A bundle begins with a record whose number is a multiple of 256.
    if (record % TILE === 0) bundle = [];
    else if (bundle.length !== record % TILE) continue;
    bundle.push(entryOf(line));
    if (bundle.length < TILE && record + 1 < size) continue;
    firstEntry = Math.min(firstEntry, record + 1 - bundle.length);
    const number = Math.floor(record / TILE);
    await write(join(folder, "tile/entries", tilePath(number, bundle.length)), Buffer.concat(bundle));
  }
  return firstEntry;
}

/** Yields the lines that are as they were sealed, with the numbers of their records. */
async function* sealedLines(
  path: string,
  tree: TreeFiles,
  size: number,
): AsyncGenerator<{ readonly record: number; readonly line: Buffer }, void, undefined> {
  const { parts } = await sealedParts(path, size, tree);
  for (const { first, end, file } of parts) {
    if (file === undefined) continue;
    let record = first;
    for await (const lines of linesOf(file.path)) {
      const hashes = await tree.hashes(0, record, Math.min(lines.length, end - record));
      for (const [index, hash] of hashes.entries()) {
        const { text = Buffer.alloc(0) } = lines[index] ?? {};
        if (leafHash(text).equals(hash)) yield { record: record + index, line: text };
      }
      record += hashes.length;
      if (record === end) break;
    }
  }
}

function entryOf(line: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(line.length);
  return Buffer.concat([length, line]);
}

/**
 * Returns the path of a tile: three digits a folder, `x` before all but the last, `.p/WIDTH` after
 * a partial one.
 */
function tilePath(number: number, width: number): string {
  const digits = String(number);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/.{3}/g) ?? [];
  const path = groups.map((group, index) => (index < groups.length - 1 ? `x${group}` : group)).join("/");
  return width === TILE ? path : `${path}.p/${width}`;
}

async function write(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
