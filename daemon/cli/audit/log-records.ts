import { logFilesOf } from "../../seal/log-files.ts";
import { linesOf } from "../../seal/log-lines.ts";

/** A line of a log: `time`, `rule`, labels and the rule's fields. */
export interface LogRecord {
  readonly [name: string]: unknown;
  readonly time: string;
  readonly rule: string;
}

/**
 * Yields the records of logs with their rotated files, the oldest first. Leaves out other lines,
 * such as one that a full disk has cut. Rejects with Node's error.
 */
export async function* recordsOf(paths: readonly string[]): AsyncGenerator<LogRecord, void, undefined> {
  for (const path of paths)
    for (const file of await logFilesOf(path))
      for await (const lines of linesOf(file.path)) yield* lines.flatMap(({ text }) => parse(text.toString()) ?? []);
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
  return Array.isArray(value) ? value.join(" ") : JSON.stringify(value);
}
