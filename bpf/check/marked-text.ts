import type { BytesTerm } from "./term.ts";
import type { Type } from "./type.ts";
import type { Bytes } from "./typed-expression.ts";

/**
 * Columns up to this many bytes have their mark after the text. In longer ones the mark replaces
 * the last word of the text, which is a small loss.
 */
const ROOM_OF_ITS_OWN_UP_TO = 64;

/** The bytes of a mark. */
export const MARK_BYTES = 8;

/**
 * The separator between separate arguments: the unit separator of ASCII, which is seldom
 * in an argument.
 */
export const ARGUMENT_END = 0x1f;

/**
 * Returns a string for a key or a match, where different strings must stay different. It is marked
 * if it was cut. Arguments are separated, so that one with a space does not look like two.
 */
export function distinguishable(term: BytesTerm): BytesTerm {
  if (term.type.kind === "string" && term.type.form === "bytes" && isOfAnyLength(term.bytes))
    return { ...term, bytes: withLength(term.bytes), type: { ...term.type, marked: true } };
  const markedTerm = markCut(term);
  const { bytes, type } = markedTerm;
  if (type.kind !== "string" || !hasArguments(bytes)) return markedTerm;
  return { ...markedTerm, bytes: withSeparators(bytes), type: { ...type, form: "arguments" } };
}

function isOfAnyLength(bytes: Bytes): boolean {
  if (bytes.op === "choose") return isOfAnyLength(bytes.then) || isOfAnyLength(bytes.otherwise);
  return bytes.op === "memory" && (bytes.length !== undefined || bytes.markAt !== undefined);
}

/** Adds the length to each buffer of a choice, also to those of a fixed length. */
function withLength(bytes: Bytes): Bytes {
  if (bytes.op === "choose") return { ...bytes, then: withLength(bytes.then), otherwise: withLength(bytes.otherwise) };
  return bytes.op === "memory" ? { ...bytes, holdsLength: true } : bytes;
}

function hasArguments(bytes: Bytes): boolean {
  if (bytes.op === "choose") return hasArguments(bytes.then) || hasArguments(bytes.otherwise);
  return bytes.op === "arguments";
}

function withSeparators(bytes: Bytes): Bytes {
  if (bytes.op === "choose")
    return { ...bytes, then: withSeparators(bytes.then), otherwise: withSeparators(bytes.otherwise) };
  return bytes.op === "arguments" ? { ...bytes, separated: true } : bytes;
}

/**
 * Marks a string if it was cut, so that two with the same beginning stay different in a key, a
 * match or a kept value. Its type has no spare byte.
 */
export function markCut({ bytes, type, ...term }: BytesTerm): BytesTerm {
  if (type.kind !== "string") return { ...term, bytes, type };
  const tight = { ...type, maxBytes: bytes.bytes };
  if (type.form === "bytes" || !canBeCut(bytes)) return { ...term, bytes, type: tight };
  return { ...term, bytes: marked(bytes), type: { ...tight, marked: true } };
}

function canBeCut(bytes: Bytes): boolean {
  if (bytes.op === "choose") return canBeCut(bytes.then) || canBeCut(bytes.otherwise);
  return bytes.op === "string" || bytes.op === "path" || bytes.op === "arguments";
}

function marked(bytes: Bytes): Bytes {
  if (bytes.op === "choose") return { ...bytes, then: marked(bytes.then), otherwise: marked(bytes.otherwise) };
  return bytes.op === "string" || bytes.op === "path" || bytes.op === "arguments" ? { ...bytes, marked: true } : bytes;
}

/** Returns the bytes that the mark of a key's column takes after the text. */
export function markRoom(type: Type): number {
  if (type.kind !== "string" || !type.marked) return 0;
  // any byte of a buffer may be its last one
  return type.form === "bytes" || type.maxBytes <= ROOM_OF_ITS_OWN_UP_TO ? MARK_BYTES : 0;
}
