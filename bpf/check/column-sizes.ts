import type { NamedExpression } from "../language/program-syntax.ts";
import type { Column } from "./checked-program.ts";
import { KEY_BYTES, RECORD_BYTES, RECORD_STRING_BYTES } from "./limits.ts";
import type { Reporter } from "./reporter.ts";
import type { Type } from "./type.ts";

/** Bytes that a column takes at most, with what lies between columns. */
function roomOf(type: Type): number {
  if (type.kind === "address") return 16;
  return type.kind === "string" ? Math.ceil(type.maxBytes / 8) * 8 : 8;
}

const sum = (columns: readonly Column[]): number => columns.reduce((bytes, { type }) => bytes + roomOf(type), 0);

/** Reports a key that is longer than kernels take. */
export function limitKey(key: readonly Column[], by: readonly NamedExpression[], reporter: Reporter): void {
  report("key", sum(key), KEY_BYTES, key, by, reporter);
}

/** Reports a record that is longer than can be built. */
export function limitRecord(record: readonly Column[], event: readonly NamedExpression[], reporter: Reporter): void {
  const bytes = sum(record);
  // a short one is written in place; each string of a long one has its length beside it
  if (bytes > RECORD_STRING_BYTES) report("record", bytes + 8 * record.length, RECORD_BYTES, record, event, reporter);
}

/** Points at the longest column. */
function report(
  noun: "key" | "record",
  bytes: number,
  limit: number,
  columns: readonly Column[],
  named: readonly NamedExpression[],
  reporter: Reporter,
): void {
  if (bytes <= limit) return;
  const longest = columns.reduce((best, { type }, index) => {
    return roomOf(type) > roomOf(columns[best]?.type ?? type) ? index : best;
  }, 0);
  const span = named[longest]?.expression.span;
  if (span === undefined) return;
  const message = `expected a ${noun} of at most ${limit} bytes, found one of ${bytes}`;
  reporter.error("oversized", span, message, "leave some out, or give strings less room: str(x, 64)");
}
