/**
 * Splits C text at commas outside brackets and literals. Pieces are trimmed. An empty text has no
 * pieces.
 */
export function splitArguments(text: string): readonly string[] {
  const pieces: string[] = [];
  let start = 0;
  for (const { at, depth } of commas(text)) {
    if (depth !== 0) continue;
    pieces.push(text.slice(start, at).trim());
    start = at + 1;
  }
  const last = text.slice(start).trim();
  return last === "" && pieces.length === 0 ? [] : [...pieces, last];
}

/**
 * Returns the text between the bracket at `open` and the one that closes it, or undefined if none
 * does.
 */
export function bracketed(text: string, open: number): string | undefined {
  let depth = 0;
  for (const { at, bracket } of brackets(text, open)) {
    depth += bracket;
    if (depth === 0) return text.slice(open + 1, at);
  }
  return undefined;
}

/** Returns the value of adjacent C string literals, and undefined for any other text. */
export function stringLiteral(text: string): string | undefined {
  if (!/^\s*("(?:[^"\\]|\\.)*"\s*)+$/s.test(text)) return undefined;
  const literals = text.match(/"(?:[^"\\]|\\.)*"/gs) ?? [];
  return literals.map((literal) => literal.slice(1, -1).replace(/\\(.)/gs, unescape)).join("");
}

/** Returns an expression without brackets around the whole of it. */
export function unwrapped(text: string): string {
  const trimmed = text.trim();
  const inside = trimmed.startsWith("(") ? bracketed(trimmed, 0) : undefined;
  return inside !== undefined && inside.length === trimmed.length - 2 ? unwrapped(inside) : trimmed;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t" };

function unescape(_escape: string, character: string): string {
  return ESCAPES[character] ?? character;
}

/** Yields the offsets of the characters outside string and character literals. */
function* bare(text: string, from: number): Iterable<number> {
  let quote = "";
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quote !== "" && character === "\\") at++;
    else if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else yield at;
  }
}

function* brackets(text: string, from: number): Iterable<{ at: number; bracket: 1 | -1 }> {
  for (const at of bare(text, from)) {
    const character = text[at] ?? "";
    if ("([{".includes(character)) yield { at, bracket: 1 };
    else if (")]}".includes(character)) yield { at, bracket: -1 };
  }
}

function* commas(text: string): Iterable<{ at: number; depth: number }> {
  let depth = 0;
  for (const at of bare(text, 0)) {
    const character = text[at] ?? "";
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    else if (character === ",") yield { at, depth };
  }
}
