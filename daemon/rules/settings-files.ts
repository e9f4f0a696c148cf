import { dirname, join } from "node:path";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { type IgnoredEntry, ignoredReason, isFolder, isMask, isRuleFileName } from "./list-rule-files.ts";
import { isMissing, listSafeFolder, readSafeFile } from "./safe-file.ts";
import type { Trust } from "./trust.ts";

/** Returns the path of the settings file in a folder for `run`. */
export const settingsPathIn = (folder: string): string => join(folder, "bpfwarden.yaml");

/** Returns the folder of a settings file's fragments. */
export const fragmentsOf = (settingsPath: string): string => `${settingsPath}.d`;

/** True for the settings file, its fragments and their folder. */
export function isSettingsPath(path: string, settingsPath: string): boolean {
  const fragments = fragmentsOf(settingsPath);
  return path === settingsPath || path === fragments || dirname(path) === fragments;
}

export interface FragmentListing {
  /** the folder, if it exists and can be listed */
  readonly folders: readonly string[];
  /** in the order in which they apply */
  readonly paths: readonly string[];
  readonly ignored: readonly IgnoredEntry[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Lists the fragments in a folder by their names, without links to /dev/null. */
export function listFragments(folder: string, trust: Trust): FragmentListing {
  if (isMissing(folder)) return { folders: [], paths: [], ignored: [], diagnostics: [] };
  const { result: names, diagnostics } = listSafeFolder(folder, trust);
  const entries = (names ?? []).toSorted().map((name) => ({ name, path: join(folder, name) }));
  return {
    folders: names === undefined ? [] : [folder],
    paths: entries.flatMap(({ name, path }) => (isFragment(name, path) && !isMask(path) ? [path] : [])),
    ignored: entries.flatMap(({ name, path }) => {
      const reason = isFragment(name, path) ? undefined : reasonFor(name, path);
      return reason === undefined ? [] : [{ path, reason }];
    }),
    diagnostics,
  };
}

const isFragment = (name: string, path: string): boolean => isRuleFileName(name) && !isFolder(path);

const reasonFor = (name: string, path: string): string | undefined =>
  ignoredReason(name, path) ?? (isFolder(path) ? "folders in a folder of fragments are not read" : undefined);

/** The texts of a settings file and its fragments. */
export interface SettingsTexts {
  /** in the order in which they apply */
  readonly sources: readonly Source[];
  /** of the files that exist */
  readonly paths: readonly string[];
  readonly ignored: readonly IgnoredEntry[];
  /** of files that cannot be read or that others can write: the settings are then not used */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a settings file and its fragments, if only trusted users can have written them. */
export function readSettingsTexts(path: string, trust: Trust): SettingsTexts {
  const listed = listFragments(fragmentsOf(path), trust);
  const paths = [...(isMissing(path) ? [] : [path]), ...listed.paths];
  const read = paths.map((each) => readSafeFile(each, trust));
  return {
    sources: read.flatMap(({ result }) => result ?? []),
    ...{ paths, ignored: listed.ignored },
    diagnostics: [...listed.diagnostics, ...read.flatMap(({ diagnostics }) => diagnostics)],
  };
}
