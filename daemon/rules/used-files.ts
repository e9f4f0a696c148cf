import { type IgnoredEntry, isMask, type ListedFile, type Listing } from "./list-rule-files.ts";

/** A rule file that no later folder replaces, with the files that change its rules. */
export interface UsedFile extends ListedFile {
  /** paths of its drop-ins, in the order in which they apply */
  readonly dropIns: readonly string[];
}

/**
 * Returns the files of several folders that are used, in the order of their names, as in
 * systemd.unit(5): a file replaces one of the same name in an earlier folder, and a link to
 * /dev/null masks it. The same holds for each drop-in. Drop-ins are applied in the order of their
 * own names.
 */
export function usedFiles(listings: readonly Listing[]): {
  readonly files: readonly UsedFile[];
  readonly ignored: readonly IgnoredEntry[];
} {
  const files = new Map(listings.flatMap((listing) => listing.files).map((file) => [file.name, file]));
  const dropIns = new Map(listings.flatMap((listing) => listing.dropIns).map((file) => [file.name, file]));
  const changes = Map.groupBy([...dropIns.values()].toSorted(byName), ({ name }) => changedBy(name));
  const used = [...files.values()].toSorted(byName).filter(({ path }) => !isMask(path));
  return {
    files: used.map((file) => ({ ...file, dropIns: unmasked(changes.get(file.name) ?? []) })),
    ignored: [...changes].flatMap(([name, all]) => {
      const file = files.get(name);
      if (file !== undefined && !isMask(file.path)) return [];
      const reason = file === undefined ? `there is no file "${name}" to change` : `"${name}" is masked`;
      return unmasked(all).map((path) => ({ path, reason }));
    }),
  };
}

/** Returns the name of the file that a drop-in changes: `disk.yaml` of `disk.yaml.d/10-site.yaml`. */
const changedBy = (dropIn: string): string => dropIn.replace(/\.d\/[^/]*$/, "");

const unmasked = (files: readonly ListedFile[]): readonly string[] =>
  files.map(({ path }) => path).filter((path) => !isMask(path));

/** Compares by code units, as systemd does. */
const byName = (a: ListedFile, b: ListedFile): number => (a.name < b.name ? -1 : 1);
