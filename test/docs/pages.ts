import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** A page for readers. */
export interface Page {
  /** from the root of the repository */
  readonly path: string;
  readonly text: string;
}

/** A block of code of a page. */
export interface Block {
  readonly page: string;
  /** of the line that opens it, from 1 */
  readonly line: number;
  readonly language: string;
  /** a second word behind the language: the tool whose configuration it is, if it is not ours */
  readonly of?: string;
  readonly text: string;
}

export const PAGES: readonly Page[] = globSync(["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**/*.md"], {
  cwd: ROOT,
})
  .toSorted()
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));

export const BLOCKS: readonly Block[] = PAGES.flatMap(blocksOf);

function blocksOf({ path, text }: Page): readonly Block[] {
  return [...text.matchAll(/^```(\w*)(?: (\w+))?\n(.*?)^```$/gms)].map(
    ([, language = "", of, body = ""], index, all) => ({
      page: path,
      line: text.slice(0, all[index]?.index).split("\n").length,
      language,
      ...(of !== undefined && { of }),
      text: body,
    }),
  );
}

/** The text of a page without its blocks of code. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(/^```.*?^```$/gms, "");
}
