import { basename, dirname } from "node:path";
import { isMask, type Listing, listRuleFiles } from "./list-rule-files.ts";
import { ruleFoldersOf } from "./rule-folders.ts";
import { faultOf } from "./safe-parents.ts";
import { fragmentsOf, listFragments, settingsPathIn } from "./settings-files.ts";
import { currentTrust, type Trust } from "./trust.ts";
import { walkTo } from "./way.ts";

/** A folder to watch, and the names in it that matter. Undefined means all names. */
export interface WatchedPlace {
  readonly folder: string;
  readonly names: ReadonlySet<string> | undefined;
}

/**
 * Returns the places where changes of rules and settings are visible: all names in the rules
 * folders, and each step of the paths to them, to their files and to the settings, through links.
 * If a path ends early, such as at a broken link, the missing name matters.
 *
 * @param folder the folder of the settings and rules
 */
export function watchedPlaces(folder: string, trust: Trust = currentTrust()): readonly WatchedPlace[] {
  const roots = ruleFoldersOf(folder);
  const listings = roots.map((root) => listRuleFiles(root, trust));
  const settings = settingsPathIn(folder);
  const fragments = listFragments(fragmentsOf(settings), trust);
  const folders = [...listings.flatMap((listing) => listing.folders), ...fragments.folders];
  const looked = new Map(folders.map((each) => [each, entriesOnWay(each, trust)]));
  const places = new Map<string, Set<string> | undefined>();
  for (const [each, entries] of looked) places.set(entries.at(-1) ?? each, undefined);
  const named = [...roots, settings, fragmentsOf(settings), ...fragments.paths, ...listings.flatMap(pathsIn)];
  for (const entry of [...looked.values(), ...named.map((path) => entriesOnWay(path, trust))].flat()) {
    const above = dirname(entry);
    if (!places.has(above)) places.set(above, new Set());
    places.get(above)?.add(basename(entry));
  }
  return [...places].map(([each, names]) => ({ folder: each, names }));
}

/** Returns the paths that a listing found in its folders, without masks. */
function pathsIn({ refused, files, dropIns, ignored }: Listing): readonly string[] {
  const read = [...files, ...dropIns].map(({ path }) => path).filter((path) => !isMask(path));
  return [...refused, ...read, ...ignored.map(({ path }) => path)];
}

/**
 * Returns the entries that the kernel passes on a path, and its end even if it is missing. Stops at
 * the first that others can change: nothing below it is read, and its owner could make the daemon
 * read files without end.
 */
function entriesOnWay(path: string, trust: Trust): readonly string[] {
  const entries: string[] = [];
  try {
    for (const { path: entry, stats } of walkTo(path)) {
      entries.push(entry);
      if (stats !== undefined && faultOf(entry, stats, trust) !== undefined) break;
    }
  } catch {
    // An entry that cannot be examined ends the path.
  }
  return entries;
}
