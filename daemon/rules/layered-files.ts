import { isMask, type ListedFile, type Listing } from "./list-rule-files.ts";

/** All files of one name in the rules folders. */
export interface LayeredFile {
  /** relative to the rules folders */
  readonly name: string;
  /** from the earliest folder to the one that counts, which replaces the others */
  readonly layers: readonly string[];
}

/** All files of the name of a rule file, and of its drop-ins. */
export interface LayeredRuleFile extends LayeredFile {
  /** in the order in which they apply */
  readonly dropIns: readonly LayeredFile[];
}

/** The files of several rules folders by their names. */
export interface LayeredFiles {
  readonly files: readonly LayeredRuleFile[];
  /** drop-ins for names that no folder has */
  readonly orphans: readonly LayeredFile[];
}

/** Returns the files of rules folders, in the order of their names, each with its drop-ins. */
export function layeredFiles(listings: readonly Pick<Listing, "files" | "dropIns">[]): LayeredFiles {
  const files = layersOf(listings.flatMap((listing) => listing.files));
  const dropIns = Map.groupBy(layersOf(listings.flatMap((listing) => listing.dropIns)), ({ name }) => changedBy(name));
  const names = new Set(files.map(({ name }) => name));
  return {
    files: files.map((file) => ({ ...file, dropIns: dropIns.get(file.name) ?? [] })),
    orphans: [...dropIns].flatMap(([name, all]) => (names.has(name) ? [] : all)),
  };
}

/** Returns the file that counts, or undefined if it is a link to /dev/null, as in systemd.unit(5). */
export function usedLayer({ layers }: LayeredFile): string | undefined {
  const last = layers.at(-1);
  return last === undefined || isMask(last) ? undefined : last;
}

/** Returns the name of the file that a drop-in changes: `disk.yaml` of `disk.yaml.d/10-site.yaml`. */
export const changedBy = (dropIn: string): string => dropIn.replace(/\.d\/[^/]*$/, "");

function layersOf(files: readonly ListedFile[]): readonly LayeredFile[] {
  const named = Map.groupBy(files, ({ name }) => name);
  return [...named].map(([name, all]) => ({ name, layers: all.map(({ path }) => path) })).toSorted(byName);
}

/** Compares by code units, as systemd does. */
const byName = (a: LayeredFile, b: LayeredFile): number => (a.name < b.name ? -1 : 1);
