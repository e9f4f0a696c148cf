/** A character that is invisible or looks like another one, and what to write instead. */
export interface OddCharacter {
  readonly index: number;
  /** such as `no-break space (U+00A0)` */
  readonly name: string;
  readonly help: string;
}

const NAMES: Readonly<Record<string, string>> = {
  "\u00a0": "no-break space",
  "\u00ad": "soft hyphen",
  "\u200b": "zero-width space",
  "\u200c": "zero-width non-joiner",
  "\u200d": "zero-width joiner",
  "\u200e": "left-to-right mark",
  "\u200f": "right-to-left mark",
  "\u202a": "left-to-right embedding",
  "\u202b": "right-to-left embedding",
  "\u202c": "end of an embedding",
  "\u202d": "left-to-right override",
  "\u202e": "right-to-left override",
  "\u202f": "narrow no-break space",
  "\u2060": "word joiner",
  "\u3000": "ideographic space",
  "\ufeff": "byte order mark",
  "\u2028": "line separator",
  "\u2029": "paragraph separator",
};

/** Characters that word processors and web pages use in place of ASCII ones. */
const SIGNS: Readonly<Record<string, readonly [name: string, instead: string]>> = {
  "\u2010": ["hyphen", "-"],
  "\u2011": ["no-break hyphen", "-"],
  "\u2013": ["en dash", "-"],
  "\u2014": ["em dash", "-"],
  "\u2212": ["minus sign", "-"],
  "\u00d7": ["multiplication sign", "*"],
  "\u00f7": ["division sign", "/"],
  "\u2264": ["less-or-equal sign", "<="],
  "\u2265": ["greater-or-equal sign", ">="],
  "\u2260": ["not-equal sign", "!="],
  "\uff1a": ["full-width colon", ":"],
  "\uff1e": ["full-width greater-than sign", ">"],
  "\uff1c": ["full-width less-than sign", "<"],
  "\uff1d": ["full-width equals sign", "="],
  "\uff08": ["full-width parenthesis", "("],
  "\uff09": ["full-width parenthesis", ")"],
  "\uff0c": ["full-width comma", ","],
};

/**
 * Spaces other than the ASCII space (Unicode's Zs, Zl, Zp) and invisible characters (Cf, and those
 * that are ignored by default).
 */
const ODD = /[[\p{Zs}\p{Zl}\p{Zp}\p{Cf}\p{Default_Ignorable_Code_Point}]--[\u{fe0e}\u{fe0f}\u{20}]]/v;
const SPACE = /\p{Z}/u;

/** Returns the first character that is invisible or only looks like a space, or undefined. */
export function findOddCharacter(text: string): OddCharacter | undefined {
  const found = ODD.exec(text);
  if (found === null) return undefined;
  const [character] = found;
  const isSpace = SPACE.test(character);
  const name = `${NAMES[character] ?? (isSpace ? "space" : "invisible character")} (${codeOf(character)})`;
  const help = isSpace ? "it only looks like a space: write an ordinary space" : "it is invisible: delete it";
  return { index: found.index, name, help };
}

/**
 * Describes a character that expressions do not have, and says what to write instead. Returns
 * undefined if it does not look like an ASCII character.
 */
export function describeOdd(character: string): Omit<OddCharacter, "index"> | undefined {
  const sign = Object.hasOwn(SIGNS, character) ? SIGNS[character] : undefined;
  return sign === undefined
    ? findOddCharacter(character)
    : { name: `${sign[0]} (${codeOf(character)})`, help: `write "${sign[1]}"` };
}

/**
 * Returns the help for a text with an error. An odd character in the text is mostly the cause: two
 * names that look the same differ by it.
 * @param help the help for a text without an odd character
 */
export function helpWithOdd(text: string, help: string | undefined): string | undefined {
  const odd = text.length <= MOST_LOOKED_AT ? findOddCharacter(text) : undefined;
  return odd === undefined ? help : `it has a ${odd.name}: ${odd.help}`;
}

const MOST_LOOKED_AT = 200;

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
