import { linesOf } from "./log-lines.ts";
import { leafHash } from "./merkle-hash.ts";
import type { RecordProof } from "./proof-file.ts";
import { inclusionProof } from "./proofs.ts";
import { newestMoment, sealFolderOf } from "./seal-folder.ts";
import { sealedParts } from "./sealed-parts.ts";
import { TreeFiles } from "./tree-files.ts";

/**
 * Makes the proof that a record is in a log. Reads a few kilobytes of hashes, and the file of the
 * record up to its line.
 *
 * @param record its number, from 0
 * @returns the proof, or a text that says why it cannot be made
 */
export async function proveRecord(path: string, record: number): Promise<RecordProof | string> {
  const folder = sealFolderOf(path);
  const last = await newestMoment(folder);
  if (last === undefined) return `the log "${path}" is not sealed: it has no checkpoint`;
  if (record >= last.size) return `the last checkpoint covers ${last.size} records, which are fewer`;
  await using tree = new TreeFiles(folder);
  const line = await lineOf(path, record, last.size, tree);
  if (line === undefined) return `the line of record ${record + 1} was not found: verify the log`;
  const hashes = await inclusionProof(record, last.size, async (level, first) => tree.subtree(level, first));
  return { line, record, hashes, checkpoint: last.checkpoint };
}

async function lineOf(path: string, record: number, size: number, tree: TreeFiles): Promise<Buffer | undefined> {
  const { parts } = await sealedParts(path, size, tree);
  const part = parts.find(({ first, end }) => record >= first && record < end);
  if (part?.file === undefined) return undefined;
  const hash = await tree.subtree(0, record);
  const wanted = record - part.first;
  return (await lineAt(part.file.path, wanted, hash)) ?? lineWith(part.file.path, hash);
}

/** Returns line `number` of a file, from 0, if it has this hash. */
async function lineAt(path: string, number: number, hash: Buffer): Promise<Buffer | undefined> {
  let before = 0;
  for await (const lines of linesOf(path)) {
    const line = lines[number - before];
    if (line !== undefined) return leafHash(line.text).equals(hash) ? line.text : undefined;
    before += lines.length;
  }
  return undefined;
}

/** Returns the line of a file with this hash: lines before it may have been added or cut. */
async function lineWith(path: string, hash: Buffer): Promise<Buffer | undefined> {
  for await (const lines of linesOf(path)) {
    const line = lines.find(({ text }) => leafHash(text).equals(hash));
    if (line !== undefined) return line.text;
  }
  return undefined;
}
