import { ARGUMENT_END, MARK_BYTES } from "../../bpf/check/marked-text.ts";
import type { Type } from "../../bpf/check/type.ts";
import { MARK_HASH_BITS, TEXT_MARK, TEXT_UNREADABLE } from "../../bpf/compile/object-spec.ts";
import { stringText } from "./decode-column.ts";
import { spellsEscape, untilNul, wholeCharacters } from "./decode-text.ts";

type StringType = Type & { readonly kind: "string" };

/**
 * The label of a text that could not be read. A text with this spelling has `\x5c` for its
 * backslash.
 */
const UNREADABLE = "\\unreadable";

/**
 * Returns the label of a text in a key; different keys have different labels. A text that was cut
 * ends with `…`, `#` and a hash of the missing part. That is longer than any whole text of the
 * column, so that no text has the same spelling.
 */
export function textLabel(type: StringType, column: Uint8Array): string {
  if (type.form === "bytes") return bufferLabel(type, column);
  if (type.marked === true && wordOf(column) === TEXT_UNREADABLE) return UNREADABLE;
  const mark = type.marked === true ? markOf(column) : undefined;
  if (mark === undefined) return distinctText(type, column);
  const shown = untilNul(column.subarray(0, column.length - MARK_BYTES));
  const whole = wholeCharacters(shown);
  return `${distinctText(type, whole)}…${mark}${Buffer.from(shown.subarray(whole.length)).toString("hex")}`;
}

/** Returns the label of a buffer. If it was cut, a hash of the missing bytes follows. */
function bufferLabel(type: StringType, column: Uint8Array): string {
  const shown = column.subarray(0, type.maxBytes);
  const lengthOrMark = type.marked === true ? wordOf(column) : 0n;
  if (lengthOrMark === 0n) return textOf(type, shown);
  if (lengthOrMark < TEXT_MARK) return textOf(type, shown.subarray(0, Number(lengthOrMark - 1n)));
  return `${textOf(type, shown)}…${markOf(column) ?? ""}`;
}

function wordOf(column: Uint8Array): bigint {
  const words = new DataView(column.buffer, column.byteOffset, column.byteLength);
  return words.getBigUint64(column.length - MARK_BYTES, true);
}

/**
 * Returns the hash of the missing part and whether that part was unreadable; undefined if nothing
 * is missing, "" if the missing part is unknown.
 */
function markOf(column: Uint8Array): string | undefined {
  const mark = wordOf(column);
  if ((mark & TEXT_MARK) === 0n) return undefined;
  const hash = BigInt.asUintN(MARK_HASH_BITS, mark);
  const shown = hash === 0n ? "" : `#${hash.toString(16).padStart(MARK_HASH_BITS / 4, "0")}`;
  return (mark & TEXT_UNREADABLE) === 0n ? shown : `${shown}${UNREADABLE}`;
}

/**
 * Joins arguments with spaces as a shell reads them: an empty argument, or one with a blank or a
 * quote, is in quotes.
 */
function argumentsText(type: StringType, bytes: Uint8Array): string {
  const all: string[] = [];
  for (let at = 0; at <= bytes.length;) {
    const next = bytes.indexOf(ARGUMENT_END, at);
    const end = next < 0 ? bytes.length : next;
    all.push(textOf(type, bytes.subarray(at, end)));
    at = end + 1;
  }
  return all.length === 1 && all[0] === "" ? "" : all.map(quoted).join(" ");
}

const quoted = (argument: string): string =>
  /^[^\s']+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;

const distinctText = (type: StringType, bytes: Uint8Array): string =>
  type.form === "arguments" ? argumentsText(type, untilNul(bytes)) : textOf(type, bytes);

/**
 * Writes binary bytes as `\xNN`. A text that contains such an escape is another key: its backslash
 * becomes `\x5c`.
 */
function textOf(type: StringType, bytes: Uint8Array): string {
  const { escaped, text } = stringText(type, bytes);
  return escaped ? text : spellsEscape(text);
}
