/** A word of a command line, with its place in the text. */
export interface Word {
  readonly text: string;
  /** the place of its first character, and the place after its last one */
  readonly from: number;
  readonly to: number;
  /** true if it begins a command: the first word, or one after `|`, `;`, `&` or `(` */
  readonly isFirst: boolean;
}

const SPACE = /\s/;
/** Characters after which another command begins. */
const BETWEEN = new Set(["|", ";", "&", "(", ")", "`", "\n"]);

/**
 * Splits a command line into words, about as a shell does: quotes join, and end at their like.
 * Takes linear time for any text.
 */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  let isFirst = true;
  for (let at = 0; at < text.length;) {
    const character = text[at] ?? "";
    if (BETWEEN.has(character) || SPACE.test(character)) {
      isFirst ||= BETWEEN.has(character);
      at++;
      continue;
    }
    const to = wordEnd(text, at);
    words.push({ text: text.slice(at, to), from: at, to, isFirst });
    isFirst = false;
    at = to;
  }
  return words;
}

function wordEnd(text: string, from: number): number {
  let quote: string | undefined;
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
    } else if (character === '"' || character === "'") quote = character;
    else if (character === "\\") at++;
    else if (SPACE.test(character) || BETWEEN.has(character)) return at;
  }
  return text.length;
}
