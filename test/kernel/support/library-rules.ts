import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const folder = join(import.meta.dirname, "../../../rules.d/library");

/** One rule of the library: a file `AREA/NAME.yaml`, whose rule has the name of the file. */
export interface LibraryRule {
  readonly name: string;
  readonly area: string;
  readonly path: string;
  readonly text: string;
}

export const libraryRules: readonly LibraryRule[] = globSync("*/*.yaml", { cwd: folder, exclude: ["*/*.test.yaml"] })
  .toSorted()
  .map((file) => {
    const path = join(folder, file);
    return { name: basename(file, ".yaml"), area: dirname(file), path, text: readFileSync(path, "utf8") };
  });

/** The text of a rule of the library. */
export function libraryRule(name: string): string {
  const found = libraryRules.find((rule) => rule.name === name);
  if (found === undefined) throw new Error(`the library has no rule "${name}"`);
  return found.text;
}
