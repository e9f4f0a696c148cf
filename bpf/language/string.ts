import { badLiteral, goodLiteral, matchAt } from "./token.ts";
import type { Scanned, SyntaxProblem } from "./token.ts";

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["\\", "\\"],
  ['"', '"'],
  ["'", "'"],
]);
const BODY: Readonly<Record<string, RegExp>> = {
  '"': /"(?:[^"\\\r\n]|\\[^\r\n])*/y,
  "'": /'(?:[^'\\\r\n]|\\[^\r\n])*/y,
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|([\s\S]))/g;

/**
 *     String = '"' { Character | Escape } '"' | "'" { Character | Escape } "'"        (on one line)
 *     Escape = "\" ("n" | "t" | "r" | "\" | '"' | "'" | "x" Hex Hex | "u{" Hex { Hex } "}")
 *
 * `\xNN` goes to `\x7f`: strings are text, and become UTF-8 in the kernel.
 */
export function scanString(text: string, start: number): Scanned | undefined {
  const quote = text.charAt(start);
  const pattern = BODY[quote];
  const match = pattern === undefined ? null : matchAt(pattern, text, start);
  if (match === null) return undefined;
  const bodyEnd = start + match[0].length;
  if (text[bodyEnd] !== quote) {
    const message = `expected a closing ${quote}, found the end of the ${bodyEnd < text.length ? "line" : "expression"}`;
    return badLiteral("unterminated-string", message, start, bodyEnd);
  }
  const problems: SyntaxProblem[] = [];
  const value = match[0].slice(1).replace(ESCAPE, (escape, hex, unicode, other, offset: number) => {
    const code = parseInt(String(hex ?? unicode), 16);
    const simple = SIMPLE_ESCAPES.get(String(other));
    if (simple !== undefined) return simple;
    if (hex !== undefined && code < 0x80) return String.fromCharCode(code);
    if (unicode !== undefined && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff))
      return String.fromCodePoint(code);
    const at = start + 1 + offset;
    problems.push(badEscape(escape, at, at + escape.length));
    return "";
  });
  return { ...goodLiteral({ kind: "string", value }, bodyEnd + 1), problems };
}

function badEscape(escape: string, start: number, end: number): SyntaxProblem {
  const help = escape.startsWith("\\x")
    ? 'for a character above "\\x7f" write "\\u{...}" with its code point'
    : 'the escapes are \\n \\t \\r \\\\ \\" \\\' \\xNN \\u{...}; for a backslash write "\\\\"';
  return { code: "bad-escape", message: `expected an escape, found "${escape}"`, start, end, help };
}

const MUST_ESCAPE = /["\\\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** A string literal that reads as `value`, in double quotes. */
export function quoteString(value: string): string {
  return `"${value.replace(MUST_ESCAPE, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  for (const [letter, meaning] of SIMPLE_ESCAPES) if (meaning === character) return `\\${letter}`;
  const hex = character.charCodeAt(0).toString(16);
  return hex.length <= 2 && hex < "80" ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
}
