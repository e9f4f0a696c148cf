/**
 * One import, export from, dynamic import, or `new URL(..., import.meta.url)` of a module, as
 * worker threads are started from.
 */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

const FORMS = [
  /^[ \t]*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"/gm,
  /^[ \t]*import\s*"([^"]+)"/gm,
  /\bimport\(\s*"([^"]+)"/g,
  /\bnew URL\(\s*"(\.[^"]+\.ts)"\s*,\s*import\.meta\.url/g,
];

/**
 * Returns the imports of a module's text, types included. Statements start their line, as Prettier
 * leaves them, so comments and strings do not count.
 */
export function importsOf(text: string): readonly Import[] {
  return FORMS.flatMap((form) =>
    [...text.matchAll(form)].map((match) => ({
      specifier: match[1] ?? "",
      line: text.slice(0, match.index + match[0].length).split("\n").length,
    })),
  );
}
