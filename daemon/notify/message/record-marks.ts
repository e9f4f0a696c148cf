import type { EventRecord } from "../../sample/sample.ts";

/** Marks of a record's fields: the names of the fields, by mark. */
export type RecordMarks = Readonly<
  Partial<Record<"truncated" | "escaped" | "unreadable" | "redacted", readonly string[]>>
>;

/** Names that a field must not hide. */
export const MARK_NAMES: readonly string[] = [
  "truncated",
  "escaped",
  "unreadable",
  "redacted",
] satisfies (keyof RecordMarks)[];

/**
 * Returns the fields that were cut, hold escapes of bytes that are not text, could not be read, or
 * had secrets; empty if there are no such fields.
 */
export function recordMarks({ truncated, escaped = [], unreadable = [], redacted = [] }: EventRecord): RecordMarks {
  return {
    ...(truncated.length > 0 && { truncated }),
    ...(escaped.length > 0 && { escaped }),
    ...(unreadable.length > 0 && { unreadable }),
    ...(redacted.length > 0 && { redacted }),
  };
}

/**
 * Returns the marks at the end of a record's line: ` truncated=[command]`; "" if there are no
 * marks.
 */
export function marksText(record: EventRecord): string {
  return Object.entries(recordMarks(record))
    .map(([mark, names]) => ` ${mark}=[${names.join(",")}]`)
    .join("");
}
