import { type LogFile, logFilesOf } from "./log-files.ts";
import { readSegments, type Segment, sealFolderOf } from "./seal-folder.ts";
import type { TreeFiles } from "./tree-files.ts";

/** The records of one file, as the seal knows them: numbers `first` up to, not including, `end`. */
export interface SealedPart {
  readonly first: number;
  readonly end: number;
  /** the file that holds them; undefined if none does */
  readonly file: LogFile | undefined;
}

/** The parts of a log, the oldest first, and the files that belong to none of them. */
export interface SealedParts {
  /** all files, the oldest first */
  readonly files: readonly LogFile[];
  readonly parts: readonly SealedPart[];
  readonly others: readonly LogFile[];
}

/**
 * Finds the file of each part by its first line, whatever name a rotation gave it. Parts and files
 * that are left are joined in their order, the newest first: then the first line was changed.
 *
 * @param path the log's file that is written now
 * @param size the number of sealed records
 */
export async function sealedParts(path: string, size: number, tree: TreeFiles): Promise<SealedParts> {
  const files = await logFilesOf(path);
  const starts = startsOf(await readSegments(sealFolderOf(path)), size);
  const left = new Set(files);
  const parts: SealedPart[] = [];
  for (const [index, first] of starts.entries()) {
    const hash = await tree.subtree(0, first);
    const file = [...left].find((each) => each.first?.equals(hash));
    if (file !== undefined) left.delete(file);
    parts.push({ first, end: starts[index + 1] ?? size, file });
  }
  return { files, ...joinOthers(parts, [...left]) };
}

/**
 * Returns the first records of the files. What a crash undid was begun again later, with a lower
 * number.
 */
function startsOf(segments: readonly Segment[], size: number): readonly number[] {
  const starts: number[] = [];
  for (const { first } of segments) {
    while ((starts.at(-1) ?? -1) >= first) starts.pop();
    starts.push(first);
  }
  return starts.filter((first) => first < size);
}

function joinOthers(parts: readonly SealedPart[], others: readonly LogFile[]): Omit<SealedParts, "files"> {
  const left = others.filter(({ isEmpty }) => !isEmpty);
  const joined = parts.toReversed().map((part) => (part.file === undefined ? { ...part, file: left.pop() } : part));
  return { parts: joined.toReversed(), others: left };
}
