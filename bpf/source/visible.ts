/**
 * Characters that move the cursor, color the screen, reorder text or are invisible. A text from
 * outside must not reach a terminal with them. They are: control characters (C0, DEL, C1), format
 * characters (zero-width and bidirectional ones, the Trojan Source set, and tags), line separators,
 * others that are ignored by default (Unicode Standard §5.21), and lone surrogates. Only the
 * selectors between text and emoji are allowed.
 */
const INVISIBLE = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\ufe0e\ufe0f]]/gv;

/** A quick test for most texts. */
const VISIBLE_ASCII = /^[ -~]*$/;

/** Writes each such character as `\xNN` or `\u{NNNN}`, tabs and line breaks too. */
export function visible(text: string): string {
  return VISIBLE_ASCII.test(text) ? text : text.replace(INVISIBLE, escapeCharacter);
}

/**
 * A backslash that `visibleText` must escape: it would begin an escape of `visible`, or it begins
 * `\x5c`.
 */
const BEGINS_ESCAPE = /\\(?=x(?:[01][0-9a-f]|7f|5c)|u\{)/g;

/**
 * Does the same as `visible` for texts from outside: two texts that differ are shown differently. A
 * backslash that would begin an escape is written as `\x5c`. Do not apply it twice.
 */
export function visibleText(text: string): string {
  return visible(text.includes("\\") ? text.replace(BEGINS_ESCAPE, "\\x5c") : text);
}

const PIECES = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Cuts a text that `visible` returned to at most `most` UTF-16 units. It cuts between whole
 * characters and whole escapes, and adds `…`.
 */
export function cutVisible(text: string, most: number): string {
  if (text.length <= most) return text;
  let end = 0;
  for (const piece of piecesOf(text.slice(0, 2 * most))) {
    if (end + piece.length > most - 1) break;
    end += piece.length;
  }
  return `${text.slice(0, end)}…`;
}

/** Returns the whole characters and whole escapes of a text that `visible` returned. */
export function* piecesOf(text: string): Generator<string> {
  for (const [piece] of text.matchAll(/\\x[0-9a-f]{2}|\\u\{[0-9a-f]+\}|[^\\]+|\\/g)) {
    if (piece.startsWith("\\")) yield piece;
    else for (const { segment } of PIECES.segment(piece)) yield segment;
  }
}

/**
 * Writes each such character of a JSON text on one line as `\uNNNN`. The text parses to the same
 * value: these characters can only be within strings, since JSON.stringify escapes control
 * characters and lone surrogates and writes no line breaks.
 */
export function visibleJson(json: string): string {
  return VISIBLE_ASCII.test(json) ? json : json.replace(INVISIBLE, escapeUnits);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  // from 0x80 on, `\xNN` would mean a byte that is not text
  return code < 0x80 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
}

/** Writes one escape for each UTF-16 unit, as RFC 8259 §7 requires. */
function escapeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const COMBINING = /\p{Mark}/u;

/** Returns how many terminal columns a visible character takes: 0, 1 or 2. */
export function columnsOf(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
