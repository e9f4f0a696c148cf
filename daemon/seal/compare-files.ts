import { compareLines } from "./compare-lines.ts";
import { faultOf, type LogFault } from "./log-fault.ts";
import { isCompressionError, linesOf } from "./log-lines.ts";
import { HASH_BYTES, leafHash } from "./merkle-hash.ts";
import { type SealedPart, sealedParts } from "./sealed-parts.ts";
import type { TreeFiles } from "./tree-files.ts";

const LINE_BREAK = Buffer.from("\n");

/** The files of a log beside its seal. */
export interface ComparedFiles {
  readonly faults: readonly LogFault[];
  /** the number of records that were found as they were sealed */
  readonly intact: number;
  /** the number of files that hold records */
  readonly files: number;
  /** the number of records at the begin of the log whose files are gone */
  readonly notKept: number;
  /** the number of lines at the end that no checkpoint covers */
  readonly unsealed: number;
}

/**
 * Compares all files of a log with the hashes of its records.
 * @param size the number of sealed records
 */
export async function compareFiles(path: string, size: number, tree: TreeFiles): Promise<ComparedFiles> {
  const { parts, others } = await sealedParts(path, size, tree);
  const firstKept = parts.findIndex(({ file }) => file !== undefined);
  const kept = firstKept < 0 ? [] : parts.slice(firstKept);
  const results = [];
  for (const part of kept) results.push(await comparePart(path, part, tree, part === kept.at(-1)));
  // A file that was begun has no checkpoint for a second.
  const waiting = others.find((other) => other.path === path && kept.length > 0);
  const nothingKept = faultOf(path, { kind: "file missing", record: 0, count: size });
  return {
    faults: [
      ...(kept.length === 0 && size > 0 ? [nothingKept] : []),
      ...results.flatMap(({ faults }) => faults),
      ...others.filter((other) => other !== waiting).map((other) => faultOf(other.path, { kind: "unknown file" })),
    ],
    intact: sum(results.map(({ intact }) => intact)),
    files: kept.filter(({ file }) => file !== undefined).length,
    notKept: kept[0]?.first ?? size,
    unsealed: sum(results.map(({ unsealed }) => unsealed)) + (waiting === undefined ? 0 : await linesIn(waiting.path)),
  };
}

interface PartResult {
  readonly faults: readonly LogFault[];
  readonly intact: number;
  readonly unsealed: number;
}

async function comparePart(
  logPath: string,
  { first, end, file }: SealedPart,
  tree: TreeFiles,
  isLast: boolean,
): Promise<PartResult> {
  const count = end - first;
  if (file === undefined)
    return { faults: [faultOf(logPath, { kind: "file missing", record: first, count })], intact: 0, unsealed: 0 };
  const unreadable: LogFault[] = [];
  const hashes = hashesOf(file.path, (why) => void unreadable.push(faultOf(file.path, { kind: "unreadable", why })));
  const { differences, equal, lines } = await compareLines(hashes, sealedHashes(tree, first, end), first);
  const last = differences.at(-1);
  // Lines after the last record wait for their checkpoint, or were written by somebody else.
  const tail = last?.kind === "added" && last.line + last.count > lines ? last : undefined;
  const isWaiting = tail !== undefined && isLast;
  const found = (isWaiting ? differences.slice(0, -1) : differences).map((fault) => faultOf(file.path, fault));
  const faults = [...unreadable, ...found];
  return { faults, intact: equal, unsealed: isWaiting ? tail.count : 0 };
}

/** Yields the hashes of lines. A line without a line break has a hash that no record has. */
async function* hashesOf(
  path: string,
  onUnreadable: (why: string) => void,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  try {
    for await (const lines of linesOf(path))
      yield lines.map(({ text, isWhole }) => leafHash(isWhole ? text : Buffer.concat([text, LINE_BREAK])));
  } catch (error) {
    if (!isCompressionError(error)) throw error;
    onUnreadable(error.message);
  }
}

async function linesIn(path: string): Promise<number> {
  let count = 0;
  for await (const lines of linesOf(path)) count += lines.length;
  return count;
}

async function* sealedHashes(
  tree: TreeFiles,
  first: number,
  end: number,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  for await (const piece of tree.leaves(first, end)) {
    const hashes: Buffer[] = [];
    for (let at = 0; at < piece.length; at += HASH_BYTES) hashes.push(piece.subarray(at, at + HASH_BYTES));
    yield hashes;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
