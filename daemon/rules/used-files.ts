import { changedBy, layeredFiles, type LayeredFile, usedLayer } from "./layered-files.ts";
import type { IgnoredEntry, ListedFile, Listing } from "./list-rule-files.ts";

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
  const { files, orphans } = layeredFiles(listings);
  const masked = files.filter((file) => usedLayer(file) === undefined);
  return {
    files: files.flatMap((file) => {
      const path = usedLayer(file);
      return path === undefined ? [] : [{ name: file.name, path, dropIns: usedPaths(file.dropIns) }];
    }),
    ignored: [
      ...orphans.flatMap((each) => unused([each], `there is no file "${changedBy(each.name)}" to change`)),
      ...masked.flatMap(({ name, dropIns }) => unused(dropIns, `"${name}" is masked`)),
    ],
  };
}

/** Returns the paths of the drop-ins that are not masked. */
export const usedPaths = (dropIns: readonly LayeredFile[]): readonly string[] =>
  dropIns.flatMap((each) => usedLayer(each) ?? []);

const unused = (dropIns: readonly LayeredFile[], reason: string): readonly IgnoredEntry[] =>
  usedPaths(dropIns).map((path) => ({ path, reason }));
