import { logFilesOf } from "../../seal/log-files.ts";
import { linesOf } from "../../seal/log-lines.ts";
import { newestMoment, sealFolderOf } from "../../seal/seal-folder.ts";
import { sealedParts } from "../../seal/sealed-parts.ts";
import { TreeFiles } from "../../seal/tree-files.ts";

/** A line of a log: `time`, `rule`, labels and the rule's fields. */
export interface LogRecord {
  readonly [name: string]: unknown;
  readonly time: string;
  readonly rule: string;
}

/**
 * A record, and its number in a sealed log, from 1. Lines that were added shift it: `audit verify`
 * finds them.
 */
export interface NumberedRecord {
  readonly record: LogRecord;
  readonly number?: number;
}

/**
 * Yields the records of logs with their rotated files, the oldest first. Leaves out other lines,
 * such as one that a full disk has cut. Rejects with Node's error.
 */
export async function* recordsOf(paths: readonly string[]): AsyncGenerator<NumberedRecord, void, undefined> {
  for (const path of paths) for (const file of await filesOf(path)) yield* recordsIn(file);
}

async function* recordsIn({ path, first }: FileOfLog): AsyncGenerator<NumberedRecord, void, undefined> {
  let before = first;
  for await (const lines of linesOf(path)) {
    const from = before;
    yield* lines.flatMap(({ text }, index): readonly NumberedRecord[] => {
      const record = parse(text.toString());
      if (record === undefined) return [];
      return [{ record, ...(from !== undefined && { number: from + index + 1 }) }];
    });
    if (before !== undefined) before += lines.length;
  }
}

interface FileOfLog {
  readonly path: string;
  /** the number of its first record, from 0; undefined if it is not sealed */
  readonly first: number | undefined;
}

async function filesOf(path: string): Promise<readonly FileOfLog[]> {
  const last = await newestMoment(sealFolderOf(path));
  if (last === undefined) return (await logFilesOf(path)).map((file) => ({ path: file.path, first: undefined }));
  await using tree = new TreeFiles(sealFolderOf(path));
  const { files, parts } = await sealedParts(path, last.size, tree);
  return files.map((file) => ({ path: file.path, first: parts.find((part) => part.file === file)?.first }));
}

function parse(line: string): LogRecord | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is LogRecord {
  const { time, rule } = (value ?? {}) as Partial<LogRecord>;
  return typeof time === "string" && typeof rule === "string";
}

/** Returns a field as text; "" if the record does not have it. */
export function fieldText(record: LogRecord, name: string): string {
  const value = record[name];
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  const isTexts = Array.isArray(value) && value.every((each) => typeof each === "string");
  return isTexts ? value.join(" ") : JSON.stringify(value);
}
