import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { linkTarget } from "./rule-state.ts";

/** Returns true for a link to a rule of a library. */
export function isLibraryLink(path: string): boolean {
  return linkTarget(path) !== undefined && existsSync(path) && isInLibrary(realpathSync(path));
}

/** Returns true if a folder above is marked as a library. */
function isInLibrary(path: string): boolean {
  const above = dirname(path);
  return above !== path && (existsSync(join(above, ".library")) || isInLibrary(above));
}
