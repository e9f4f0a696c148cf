import {
  type PlacedColumn,
  type RecordLayout,
  TEXT_CUT,
  UNKNOWN_FILTER,
  UNREADABLE_COLUMNS,
} from "../../bpf/compile/object-spec.ts";
import type { Column } from "../../bpf/check/checked-program.ts";
import type { Type } from "../../bpf/check/type.ts";
import { type ColumnValue, integerText, meaningOf, readColumn, stringText } from "./decode-column.ts";
import { untilNul, wholeCharacters } from "./decode-text.ts";
import type { Names } from "./names.ts";
import type { EventRecord, EventValue } from "./sample.ts";

const TIME_BYTES = 8;

/** The context for decoding, besides the bytes. */
export interface RecordContext {
  readonly rule: string;
  /** Unix time minus CLOCK_BOOTTIME */
  readonly bootOffsetNs: bigint;
  readonly names: Names;
}

/**
 * A record, or the reason why its bytes are not a record: the program that wrote the ring may be
 * newer or older than the layout.
 */
export type DecodedRecord =
  { readonly ok: true; readonly record: EventRecord } | { readonly ok: false; readonly error: string };

/**
 * Decodes one ring record (layout: `RecordLayout`). Does not keep the bytes. Never throws because
 * of the content.
 */
export function decodeRecord(layout: RecordLayout, bytes: Uint8Array, context: RecordContext): DecodedRecord {
  const fixedEnd = TIME_BYTES + layout.fixedBytes;
  if (bytes.length < fixedEnd) return corrupt(`expected at least ${fixedEnd} bytes, found ${bytes.length}`);
  const fields: Record<string, EventValue> = {};
  const truncated: string[] = [];
  const escaped: string[] = [];
  const numbers = view(bytes);
  let tail = fixedEnd;
  for (const placed of layout.columns) {
    const { name } = placed.column;
    const plain = plainNumber(placed, numbers);
    if (plain !== undefined) {
      fields[name] = plain;
      continue;
    }
    const read = readField(layout, placed, bytes, tail);
    if ("error" in read) return corrupt(`field "${name}": ${read.error}`);
    tail += read.tailBytes;
    fields[name] = shown(placed.column.type, read.value, context);
    if (read.cut) truncated.push(name);
    if (typeof read.value === "object" && read.value.escaped) escaped.push(name);
  }
  const timeNs = numbers.getBigUint64(0, true) + context.bootOffsetNs;
  const durations = durationsOf(layout);
  const unreadable = unreadableFields(layout, numbers);
  for (const { name, type } of unreadable) if (fields[name] === "" || !mayBePartlyKnown(type)) fields[name] = null;
  const names = unreadable.map(({ name }) => name);
  const marked = isUnknown(layout, numbers) ? [...names, "filter"] : names;
  const marks = {
    ...(marked.length > 0 && { unreadable: marked }),
    ...(escaped.length > 0 && { escaped }),
    ...(durations.length > 0 && { durations }),
  };
  return { ok: true, record: { rule: context.rule, timeNs, fields, truncated, ...marks } };
}

/**
 * Returns true if a part of an unreadable value can be known: some of the arguments, or the
 * beginning of a text. A buffer has zeros instead.
 */
const mayBePartlyKnown = (type: Type): boolean => type.kind === "string" && type.form !== "bytes";

/** Returns the columns whose memory could not be read. */
function unreadableFields({ columns, unreadableAt }: RecordLayout, numbers: DataView): readonly Column[] {
  const word = unreadableAt === undefined ? 0n : numbers.getBigUint64(unreadableAt, true);
  if (word === 0n) return [];
  const isFailed = (index: number): boolean => (word >> BigInt(Math.min(index, UNREADABLE_COLUMNS - 1))) % 2n === 1n;
  return columns.filter((_, index) => isFailed(index)).map(({ column }) => column);
}

/** Returns true if the filter could not be decided for the event. */
function isUnknown({ unreadableAt }: RecordLayout, numbers: DataView): boolean {
  return unreadableAt !== undefined && (numbers.getBigUint64(unreadableAt, true) & UNKNOWN_FILTER) !== 0n;
}

/** Cached for each rule: records come by the hundred thousand. */
const DURATIONS = new WeakMap<RecordLayout, readonly string[]>();

function durationsOf(layout: RecordLayout): readonly string[] {
  return DURATIONS.getOrInsertComputed(layout, ({ columns }) =>
    columns.flatMap(({ column: { name, type } }) => {
      return type.kind === "integer" && type.meaning.kind === "duration" ? [name] : [];
    }),
  );
}

/**
 * Reads a plain number of 32 bits, the most frequent case, without a bigint, which takes ten times
 * as long.
 */
function plainNumber({ column: { type }, offset, bytes }: PlacedColumn, numbers: DataView): number | undefined {
  if (type.kind !== "integer" || type.meaning.kind !== "plain" || bytes !== 4) return undefined;
  if (offset + bytes > numbers.byteLength) return undefined;
  return type.signed ? numbers.getInt32(offset, true) : numbers.getUint32(offset, true);
}

interface ReadField {
  readonly value: ColumnValue;
  /** the kernel had more than fits */
  readonly cut: boolean;
  /** bytes used from the packed part */
  readonly tailBytes: number;
}

function readField(
  layout: RecordLayout,
  placed: PlacedColumn,
  bytes: Uint8Array,
  tail: number,
): ReadField | { readonly error: string } {
  const { type } = placed.column;
  if (placed.offset + placed.bytes > bytes.length) return { error: "is not completely within the record" };
  if (type.kind !== "string") return { value: readColumn(placed, bytes), cut: false, tailBytes: 0 };
  if (!layout.packed) return readInPlace(type, bytes.subarray(placed.offset, placed.offset + placed.bytes));
  const marked = view(bytes).getInt32(placed.offset, true);
  const length = marked & ~TEXT_CUT;
  if (length > type.maxBytes) return { error: `expected at most ${type.maxBytes} bytes of text, found ${length}` };
  if (tail + length > bytes.length) return { error: `its ${length} bytes of text end beyond the record` };
  const cut = (length === type.maxBytes && type.form !== "bytes") || marked < 0;
  return { value: cutText(type, bytes.subarray(tail, tail + length), cut), cut, tailBytes: length };
}

/**
 * Reads a text in a fixed-size column. A text whose NUL is in the last byte may have been cut
 * there, so it counts as cut.
 */
function readInPlace(type: Type & { readonly kind: "string" }, room: Uint8Array): ReadField {
  const cut = type.form !== "bytes" && untilNulLength(room) >= room.length - 1;
  return { value: cutText(type, room, cut), cut, tailBytes: 0 };
}

/** Decodes a text. If it was cut, an incomplete last character is left out. */
function cutText(type: Type & { readonly kind: "string" }, bytes: Uint8Array, cut: boolean): ColumnValue {
  const text = type.form === "bytes" ? bytes : untilNul(bytes);
  return stringText(type, cut && type.form !== "bytes" ? wholeCharacters(text) : text);
}

function untilNulLength(bytes: Uint8Array): number {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes.length : end;
}

/**
 * Returns a value for a record. Durations stay numbers of nanoseconds, because records are for
 * programs as well as for people.
 */
function shown(type: Type, value: ColumnValue, { names, bootOffsetNs }: RecordContext): EventValue {
  if (typeof value === "boolean") return value;
  if (typeof value !== "bigint") return value.text;
  if (type.kind === "stack") return names.stack.frames(value);
  const meaning = meaningOf(type);
  // The kernel's programs only know the time since boot.
  if (meaning.kind === "timestamp") return (value + bootOffsetNs).toString();
  const text = meaning.kind === "duration" ? undefined : integerText(value, meaning, names);
  if (text !== undefined) return text;
  if (meaning.kind === "user") return value.toString();
  const exact = value >= -MAX_EXACT && value <= MAX_EXACT;
  return exact ? Number(value) : value.toString();
}

const MAX_EXACT = 1n << 53n;

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function corrupt(error: string): DecodedRecord {
  return { ok: false, error };
}
