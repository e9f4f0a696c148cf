import { findOddCharacter } from "../source/odd-character.ts";
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
 *     String = '"' { Character | Escape } '"' | "'" { Character | Escape } "'"   (on one line)
 *     Escape = "\" ("n" | "t" | "r" | "\" | '"' | "'" | "x" Hex Hex | "u{" Hex { Hex } "}")
 *
 * `\xNN` ends at `\x7f`: strings are text, and become UTF-8 in the kernel.
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
  const problems: SyntaxProblem[] = oddCharacters(match[0], start);
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

/**
 * Invisible characters that non-Latin scripts need: the joiners, and the ideographic space.
 */
const OF_SCRIPTS = /\u200c|\u200d|\u3000/g;

/**
 * Reports invisible characters in a string. They are mostly there by mistake, and the string then
 * equals nothing.
 */
function oddCharacters(literal: string, start: number): SyntaxProblem[] {
  const odd = findOddCharacter(literal.replaceAll(OF_SCRIPTS, "_"));
  if (odd === undefined) return [];
  const code = (literal.codePointAt(odd.index) ?? 0).toString(16);
  const at = start + odd.index;
  const help = `${odd.help}; if it is meant, write "\\u{${code}}"`;
  return [{ code: "unexpected-character", message: `found a ${odd.name} in a string`, start: at, end: at + 1, help }];
}

function badEscape(escape: string, start: number, end: number): SyntaxProblem {
  const help = escape.startsWith("\\x")
    ? 'for a character above "\\x7f" write "\\u{...}" with its code point'
    : 'the escapes are \\n \\t \\r \\\\ \\" \\\' \\xNN \\u{...}; for a backslash write "\\\\"';
  return { code: "bad-escape", message: `expected an escape, found "${escape}"`, start, end, help };
}

const MUST_ESCAPE =
  /[["\\\u0000-\u001f\u007f-\u009f\u200b-\u200f\p{Zs}\p{Zl}\p{Zp}\p{Cf}\p{Default_Ignorable_Code_Point}]--[\u{fe0e}\u{fe0f}\u{20}]]/gv;

/** Writes a string literal with this value, in double quotes. */
export function quoteString(value: string): string {
  return `"${value.replace(MUST_ESCAPE, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  for (const [letter, meaning] of SIMPLE_ESCAPES) if (meaning === character) return `\\${letter}`;
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length <= 2 && hex < "80" ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
}
