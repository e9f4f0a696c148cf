import { basename, dirname, join } from "node:path";
import { isMask, listRuleFiles } from "./list-rule-files.ts";
import { faultOf } from "./safe-parents.ts";
import { currentTrust, type Trust } from "./trust.ts";
import { walkTo } from "./way.ts";

/** A folder to be watched, and the names in it that count; undefined stands for all. */
export interface WatchedPlace {
  readonly folder: string;
  readonly names: ReadonlySet<string> | undefined;
}

/**
 * Where changes of rules and settings show: all names in the folders of rules, and each step of the ways to them, to their files and to the
 * settings, links followed. Where a way ends early, because a link leads nowhere, the name that is missing counts.
 *
 * @param folder holds `rules.d` and `bpfwarden.yaml`
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
 * What the kernel passes on the way to what a path names, and the end, there or not. No further than to the first that others can change:
 * nothing below it is read, and its owner could have the daemon read its files again without end.
 */
function entriesOnWay(path: string, trust: Trust): readonly string[] {
  const entries: string[] = [];
  try {
    for (const { path: entry, stats } of walkTo(path)) {
      entries.push(entry);
      if (stats !== undefined && faultOf(entry, stats, trust) !== undefined) break;
    }
  } catch {
    // what may not be looked at is watched up to there
  }
  return entries;
}
