/** A phrase that docs/style.md forbids, since readers who are not native speakers read it twice. */
export interface ForbiddenPhrase {
  readonly pattern: RegExp;
  readonly instead: string;
  /** folders and files that still have it; the list only gets shorter */
  readonly notYetIn?: readonly string[];
}

/** Files with the words in names that are saved, and the folder of tests. */
const IN_NAMES: readonly string[] = [
  "daemon/notify/stages/saved-pipeline.ts",
  "daemon/evaluate/saved/saved-alerts.ts",
  "test/",
];

export const forbiddenPhrases: readonly ForbiddenPhrase[] = [
  { pattern: /(?<!there |^[\s*/]*)\b(?:is|are|was|were) none\b/i, instead: "not a, without, there is no" },
  { pattern: /\bthat (?:is|are) no\b(?! longer)/i, instead: "not a, without" },
  { pattern: /\bof (?:which|whom)\b/i, instead: "whose, or a sentence of its own" },
  { pattern: /\bwho(?:so)?ever\b/i, instead: "anyone who, users who" },
  { pattern: /\b(?:is|are|was|were) no more\b/i, instead: "no longer" },
  { pattern: /\bha(?:s|ve) had\b/i, instead: "had, or the name of what happened" },
  {
    pattern: /\b(?:whence|hence|thence|wherefrom|therein|thereof|whereof)\b/i,
    instead: "from which, in it, of it, therefore",
  },
  { pattern: /\bin front of\b/i, instead: "before, beside" },
  { pattern: /\b(?:told|tells?|keeps?|kept) (?:\w+ ){0,3}apart\b/i, instead: "distinguished, separate" },
  { pattern: /\b(?:as ever|no trouble)\b/i, instead: "always, no alert" },
  {
    pattern: /^\s*\/?\*\*? (?:What|How|Whether|Why|Who|Those|All that)\b/,
    instead: "a verb in the third person, or the thing",
  },
  {
    pattern: /\b(?:told|heard|hears|owed|owes)\b/i,
    instead: "notified, reported",
    notYetIn: IN_NAMES,
  },
];

/** Returns `LINE: expected INSTEAD, found "PHRASE"` for each line of a file that has one. */
export function forbiddenIn(path: string, text: string): readonly string[] {
  const phrases = forbiddenPhrases.filter(({ notYetIn = [] }) => !notYetIn.some((each) => path.startsWith(each)));
  return text.split("\n").flatMap((line, index) =>
    phrases.flatMap(({ pattern, instead }) => {
      const found = pattern.exec(line)?.[0];
      return found === undefined ? [] : [`${index + 1}: expected ${instead}, found "${found.trim()}"`];
    }),
  );
}

/** Openings and words that names of tests must not have: the first words name what is tested. */
const IN_TEST_NAMES =
  /^(?:what|how|whether|where|who|why|those|all that)\b|\b(?:told|heard|hears|owed|whoever|whom)\b/i;
const TEST_NAME = /\b(?:\w*[tT]est|suite)\(\s*(["'`])((?:\\.|(?!\1)[^\n])*)\1/g;
const RULE_TEST_NAME = /^test: ()(.*)$/gm;

/** Returns the names in a file of tests, or in a file of rule tests, that readers would read twice. */
export function unclearTestNames(path: string, text: string): readonly string[] {
  const names = [...text.matchAll(path.endsWith(".yaml") ? RULE_TEST_NAME : TEST_NAME)].map(([, , name = ""]) => name);
  return names.filter((name) => IN_TEST_NAMES.test(name));
}
