import type { Span } from "../source/source.ts";
import { COMPARED_BYTES, RECORD_STRING_BYTES } from "./limits.ts";
import { matches, PATTERN_STEPS, stepsOf, type Pattern } from "./pattern.ts";
import type { Reporter } from "./reporter.ts";
import type { BytesTerm } from "./term.ts";
import { constant } from "./constant-fold.ts";
import type { Bytes, Scalar } from "./typed-expression.ts";

/** Cuts a string to this room. A string with a smaller bound of its own keeps that bound. */
export function fitString(term: BytesTerm, room: number): BytesTerm {
  if (term.type.kind !== "string") return term;
  const bytes = fitBytes(term.bytes, room);
  const maxBytes = bytes.bytes === term.bytes.bytes ? term.type.maxBytes : bytes.bytes;
  return { ...term, bytes, type: { ...term.type, maxBytes }, elastic: false };
}

function fitBytes(bytes: Bytes, room: number): Bytes {
  switch (bytes.op) {
    case "string":
    case "path":
    case "arguments":
      return { ...bytes, bytes: Math.min(bytes.bytes, room) };
    case "choose": {
      const then = fitBytes(bytes.then, room);
      const otherwise = fitBytes(bytes.otherwise, room);
      return { ...bytes, then, otherwise, bytes: Math.max(then.bytes, otherwise.bytes) };
    }
    case "literal": {
      if (bytes.bytes <= room) return bytes;
      const value = bytes.value.slice(0, room).fill(0, room - 1);
      return { ...bytes, value, bytes: room };
    }
    default:
      return bytes;
  }
}

/**
 * True if a value is text. A buffer is not: any of its bytes may be 0, so that it has no end to
 * compare up to. A buffer is reported.
 */
export function isText(term: BytesTerm, span: Span, reporter: Reporter): boolean {
  if (term.type.kind !== "string" || term.type.form !== "bytes") return true;
  const help = "write str(x, BYTES) for the text that begins there";
  reporter.error("type-mismatch", span, "expected a string, found a buffer of bytes", help);
  return false;
}

/** Returns a text as the kernel spells it: a terminal is `pts3` there and `pts/3` below /dev. */
export function kernelSpelling({ type }: BytesTerm, text: string): string {
  return type.kind === "string" && type.form === "tty" ? text.replace(/^pts\/(?=[\d*?[]|$)/, "pts") : text;
}

/** Returns the whole of a string, to compare it or search in it. */
export function searched(term: BytesTerm): Bytes {
  return joined(term.elastic ? fitString(term, RECORD_STRING_BYTES) : term);
}

/** Joins arguments as they are shown, since a span keeps them separated. */
function joined({ bytes, type }: BytesTerm): Bytes {
  return type.kind === "string" && type.form === "arguments" ? joins(bytes) : bytes;
}

function joins(bytes: Bytes): Bytes {
  if (bytes.op === "choose") return { ...bytes, then: joins(bytes.then), otherwise: joins(bytes.otherwise) };
  return bytes.op === "string" ? { ...bytes, joins: true } : bytes;
}

export function equalTexts(left: BytesTerm, right: BytesTerm, prefix: boolean): Scalar {
  return { op: "text-equal", left: searched(left), right: searched(right), prefix };
}

/** Tests if the whole of a string matches a pattern. */
export function matchesPattern(term: BytesTerm, pattern: Pattern): Scalar {
  const text = searched(term);
  if (text.op !== "literal") return { op: "text-matches", text, pattern };
  return constant(matches(pattern, text.value) ? 1n : 0n);
}

/** True if a pattern is short enough; a longer one is reported. */
export function isMatchable(pattern: Pattern, span: Span, reporter: Reporter): boolean {
  const steps = stepsOf(pattern);
  if (steps <= PATTERN_STEPS) return true;
  const message = `expected a text of at most ${PATTERN_STEPS} bytes to look for, found one of ${steps}`;
  reporter.error("oversized", span, message, "look for a shorter part of it");
  return false;
}

/** True if a literal is short enough to compare with; a longer one is reported. */
export function isComparableLiteral(literal: Uint8Array, span: Span, reporter: Reporter): boolean {
  if (literal.length <= COMPARED_BYTES) return true;
  const message = `expected a text of at most ${COMPARED_BYTES} bytes to compare with, found one of ${literal.length}`;
  reporter.error("oversized", span, message, 'compare the beginning: starts_with(x, "...")');
  return false;
}

/**
 * Warns of a literal that is longer than the other side can be, such as 16 characters for the 15 of
 * `comm`. Its NUL is not counted.
 */
export function warnOfTooLong(
  { bytes, elastic, type }: BytesTerm,
  literal: Uint8Array,
  span: Span,
  reporter: Reporter,
): void {
  const most = bytes.bytes - 1;
  if (elastic || type.kind !== "string" || bytes.op === "literal" || literal.length <= most) return;
  const message = `these are never equal: the other side holds at most ${most} bytes of text, this one has ${literal.length}`;
  const text = new TextDecoder().decode(literal.subarray(0, most));
  reporter.warn("constant-filter", span, message, `write its beginning: ${JSON.stringify(text)}`);
}

/**
 * Compares a string with a literal. It reads one byte more than the literal has, to find out if the
 * string is longer.
 */
export function equalsLiteral(value: BytesTerm, literal: Uint8Array, mask?: Uint8Array): Scalar {
  const bytes = value.type.kind === "string" ? joined(fitString(value, literal.length + 1)) : value.bytes;
  if (bytes.op === "literal") {
    const bit = (array: Uint8Array, index: number): number => (array[index] ?? 0) & (mask?.[index] ?? 0xff);
    const equal = literal.every((_, index) => bit(literal, index) === bit(bytes.value, index));
    return constant(equal ? 1n : 0n);
  }
  return { op: "bytes-equal", left: bytes, right: literal, ...(mask === undefined ? {} : { mask }) };
}
