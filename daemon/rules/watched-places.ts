import { basename, dirname, join } from "node:path";
import { isMask, listRuleFiles } from "./list-rule-files.ts";
import { faultOf } from "./safe-parents.ts";
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
 * @param folder the folder of `rules.d` and `bpfwarden.yaml`
 */
export function watchedPlaces(folder: string, trust: Trust = currentTrust()): readonly WatchedPlace[] {
  const rules = join(folder, "rules.d");
  const { folders, refused, files, ignored } = listRuleFiles(rules, trust);
  const looked = new Map(folders.map((each) => [each, entriesOnWay(each, trust)]));
  const places = new Map<string, Set<string> | undefined>();
  for (const [each, entries] of looked) places.set(entries.at(-1) ?? each, undefined);
  const others = [...refused, ...files.map(({ path }) => path).filter((path) => !isMask(path))];
  const named = [rules, join(folder, "bpfwarden.yaml"), ...others, ...ignored.map(({ path }) => path)];
  for (const entry of [...looked.values(), ...named.map((path) => entriesOnWay(path, trust))].flat()) {
    const above = dirname(entry);
    if (!places.has(above)) places.set(above, new Set());
    places.get(above)?.add(basename(entry));
  }
  return [...places].map(([each, names]) => ({ folder: each, names }));
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
