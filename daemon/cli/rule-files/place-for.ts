import { existsSync, lstatSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { visible } from "../../../bpf/source/visible.ts";
import { unsafeParent } from "../../rules/safe-parents.ts";
import type { RulePlaces } from "./rule-places.ts";

/**
 * Returns why no file may be created at a path in the administrator's rules folder: others can
 * change a folder on the way, or a link leads out of the rules folder. Returns undefined if it may.
 */
export function placeFault(path: string, { own, trust }: Pick<RulePlaces, "own" | "trust">): string | undefined {
  const unsafe = unsafeParent(path, trust);
  if (unsafe !== undefined) return `nothing is written to ${visible(path)}: ${unsafe.message}; ${unsafe.help}`;
  const above = nearestFolder(dirname(path));
  if (!lstatSync(above).isDirectory() && !existsSync(above)) return `${visible(above)} is in the way: a broken link`;
  const expected = join(existsSync(own) ? realpathSync(own) : own, relative(own, above));
  // Before the rules folder exists, there is no link in it either.
  if (relative(own, above).startsWith("..") || realpathSync(above) === expected) return undefined;
  return `nothing is written to ${visible(path)}: a link leads to ${visible(realpathSync(above))}`;
}

/** Returns a folder, or the nearest one above it that exists. */
function nearestFolder(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? nearestFolder(dirname(path)) : path;
}
