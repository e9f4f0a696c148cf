/** A regular expression as it stands in a source file. */
export interface Expression {
  readonly line: number;
  readonly source: string;
  readonly flags: string;
}

/** Characters before which a slash begins a regular expression; elsewhere it divides. */
const LITERAL =
  /(?<=(?:^|[=(,:?![&|;{}]|=>|return)\s*)\/((?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/gm;

/** The regular expressions that are written as literals. Comments of whole lines are passed over. */
export function expressionsOf(text: string): readonly Expression[] {
  return text.split("\n").flatMap((line, index) => {
    if (/^\s*(?:\/\/|\/?\*)/.test(line)) return [];
    return Array.from(line.matchAll(LITERAL), ([, source = "", flags = ""]) => ({ line: index + 1, source, flags }));
  });
}
