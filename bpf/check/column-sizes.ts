import type { Expression } from "../language/expression.ts";
import type { NamedExpression, SpanSyntax } from "../language/program-syntax.ts";
import type { Span } from "../source/source.ts";
import type { Column } from "./checked-program.ts";
import {
  BUCKET_KEY_BYTES,
  KEY_BYTES,
  MATCH_BYTES,
  MATCHED_KEEP_BYTES,
  RECORD_BYTES,
  RECORD_STRING_BYTES,
  THREAD_KEEP_BYTES,
} from "./limits.ts";
import { markRoom } from "./marked-text.ts";
import type { Reporter } from "./reporter.ts";
import type { Type } from "./type.ts";

/** Returns the most bytes that a column takes, with the bytes between columns. */
function roomOf(type: Type): number {
  if (type.kind === "address") return 16;
  return type.kind === "string" ? Math.ceil(type.maxBytes / 8) * 8 + markRoom(type) : 8;
}

const sum = (columns: readonly Column[]): number => columns.reduce((bytes, { type }) => bytes + roomOf(type), 0);

/**
 * Reports a key that is longer than kernels take. `withBucket` adds the number of a bucket after
 * the key.
 */
export function limitKey(
  key: readonly Column[],
  by: readonly NamedExpression[],
  withBucket: boolean,
  reporter: Reporter,
): void {
  report("key", sum(key), withBucket ? KEY_BYTES - BUCKET_KEY_BYTES : KEY_BYTES, key, placesOf(by), reporter);
}

/** Reports a record that is too long to be built. */
export function limitRecord(record: readonly Column[], event: readonly NamedExpression[], reporter: Reporter): void {
  const bytes = sum(record);
  // a short record is written in place; in a long one each string has its length beside it
  if (bytes > RECORD_STRING_BYTES)
    report("record", bytes + 8 * record.length, RECORD_BYTES, record, placesOf(event), reporter);
}

/** Reports a match that does not fit on the stack. */
export function limitMatch(match: readonly Column[], expressions: readonly Expression[], reporter: Reporter): void {
  const places = expressions.map(({ span }) => span);
  report("match", sum(match), MATCH_BYTES, match, places, reporter);
}

/** Reports kept values that do not fit into the memory of a span. */
export function limitSlot(keeps: readonly Column[], { keep, match }: SpanSyntax, reporter: Reporter): void {
  const limit = match === undefined ? THREAD_KEEP_BYTES : MATCHED_KEEP_BYTES;
  report("set of kept values", sum(keeps), limit, keeps, placesOf(keep), reporter);
}

const placesOf = (named: readonly NamedExpression[]): readonly Span[] => named.map(({ expression }) => expression.span);

/** Reports the size at the longest column. */
function report(
  noun: string,
  bytes: number,
  limit: number,
  columns: readonly Column[],
  places: readonly Span[],
  reporter: Reporter,
): void {
  if (bytes <= limit) return;
  const longest = columns.reduce((best, { type }, index) => {
    return roomOf(type) > roomOf(columns[best]?.type ?? type) ? index : best;
  }, 0);
  const span = places[longest];
  if (span === undefined) return;
  const message = `expected a ${noun} of at most ${limit} bytes, found one of ${bytes}`;
  reporter.error("oversized", span, message, "remove an expression, or limit the length of a text: str(x, 64)");
}
