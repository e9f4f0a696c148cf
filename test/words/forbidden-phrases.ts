/** A phrase that docs/style.md forbids, since readers who are not native speakers read it twice. */
export interface ForbiddenPhrase {
  readonly pattern: RegExp;
  readonly instead: string;
}

export const forbiddenPhrases: readonly ForbiddenPhrase[] = [
  { pattern: /(?<!there |^[\s*/]*)\b(?:is|are|was|were) none\b/i, instead: "not a, without, there is no" },
  { pattern: /\bthat (?:is|are) no\b(?! longer)/i, instead: "not a, without" },
  { pattern: /\bof (?:which|whom)\b/i, instead: "whose, or a sentence of its own" },
  { pattern: /\bwho(?:so)?ever\b/i, instead: "anyone who, users who" },
  { pattern: /\b(?:is|are|was|were) no more\b/i, instead: "no longer" },
  { pattern: /\bha(?:s|ve) had\b/i, instead: "had, or the name of what happened" },
  { pattern: /\b(?:whence|wherefrom|therein|thereof|whereof)\b/i, instead: "from which, in it, of it" },
];

/** Returns `LINE: found "PHRASE", expected INSTEAD` for each line that holds one. */
export function forbiddenIn(text: string): readonly string[] {
  return text.split("\n").flatMap((line, index) =>
    forbiddenPhrases.flatMap(({ pattern, instead }) => {
      const found = pattern.exec(line)?.[0];
      return found === undefined ? [] : [`${index + 1}: expected ${instead}, found "${found}"`];
    }),
  );
}
