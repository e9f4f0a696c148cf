import type { BytesTerm } from "./term.ts";
import type { Type } from "./type.ts";
import type { Bytes } from "./typed-expression.ts";

/** What text a column of so little room would lose to its mark is too much: the mark stands behind it, not in its last word. */
const ROOM_OF_ITS_OWN_UP_TO = 64;

/** Bytes of a mark. */
export const MARK_BYTES = 8;

/** Stands between arguments where they are told apart: the unit separator of ASCII, which seldom stands in one. */
export const ARGUMENT_END = 0x1f;

/** A string that goes into a key or a match: marked where it was cut, and of arguments one with a space is not two. */
export function toldApart(term: BytesTerm): BytesTerm {
  if (term.type.kind === "string" && term.type.form === "bytes" && isOfAnyLength(term.bytes))
    return { ...term, bytes: tellingLength(term.bytes), type: { ...term.type, marked: true } };
  const markedTerm = markCut(term);
  const { bytes, type } = markedTerm;
  if (type.kind !== "string" || !hasArguments(bytes)) return markedTerm;
  return { ...markedTerm, bytes: apart(bytes), type: { ...type, form: "arguments" } };
}

function isOfAnyLength(bytes: Bytes): boolean {
  if (bytes.op === "choose") return isOfAnyLength(bytes.then) || isOfAnyLength(bytes.otherwise);
  return bytes.op === "memory" && (bytes.length !== undefined || bytes.markAt !== undefined);
}

/** Where one buffer says how long it is, those of a fixed length beside it do so too. */
function tellingLength(bytes: Bytes): Bytes {
  if (bytes.op === "choose")
    return { ...bytes, then: tellingLength(bytes.then), otherwise: tellingLength(bytes.otherwise) };
  return bytes.op === "memory" ? { ...bytes, tellsLength: true } : bytes;
}

function hasArguments(bytes: Bytes): boolean {
  if (bytes.op === "choose") return hasArguments(bytes.then) || hasArguments(bytes.otherwise);
  return bytes.op === "arguments";
}

function apart(bytes: Bytes): Bytes {
  if (bytes.op === "choose") return { ...bytes, then: apart(bytes.then), otherwise: apart(bytes.otherwise) };
  return bytes.op === "arguments" ? { ...bytes, apart: true } : bytes;
}

/**
 * A string that goes where two of one beginning must not be one: into a key, a match, what a span keeps. Its type has no byte to spare; where
 * it can be cut, it is marked.
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

/** Bytes that the mark of a key's column takes beside the text. */
export function markRoom(type: Type): number {
  if (type.kind !== "string" || !type.marked) return 0;
  // any byte of a buffer may be its last one
  return type.form === "bytes" || type.maxBytes <= ROOM_OF_ITS_OWN_UP_TO ? MARK_BYTES : 0;
}
