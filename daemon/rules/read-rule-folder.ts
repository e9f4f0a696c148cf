import { isDeepStrictEqual } from "node:util";
import { setImmediate } from "node:timers/promises";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { RuleDefaults } from "./build-rule-syntax.ts";
import { dropDuplicates } from "./duplicate-rules.ts";
import type { FaultyRule } from "./faulty-rule.ts";
import { type IgnoredEntry, isMask, listRuleFiles } from "./list-rule-files.ts";
import { readRules } from "./read-rules.ts";
import type { RuleSyntax } from "./rule-syntax.ts";
import { readSafeFile } from "./safe-file.ts";
import { currentTrust } from "./trust.ts";
import type { Trust } from "./trust.ts";

/** One file of a rules folder. A reload keeps the running rules of a file that is now `broken`. */
export interface RuleFile {
  readonly path: string;
  /** the valid rules of the file, including those whose name another file uses */
  readonly rules: readonly RuleSyntax[];
  /** its faulty rules, for further checks */
  readonly faulty: readonly FaultyRule[];
  /** errors of this file alone */
  readonly diagnostics: readonly Diagnostic[];
  readonly broken: boolean;
}

export interface RuleFolder {
  /** in the order of their names */
  readonly files: readonly RuleFile[];
  /** the rules of all files, with unique names */
  readonly rules: readonly RuleSyntax[];
  readonly faulty: readonly FaultyRule[];
  /** entries that look like rules and are not read */
  readonly ignored: readonly IgnoredEntry[];
  /** of all files and folders, and about names that two files use */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Files as they were last read, by path. Reading is quick; parsing and validating takes
 * milliseconds.
 */
export type KnownFiles = Map<
  string,
  { readonly text: string; readonly defaults: RuleDefaults; readonly file: RuleFile }
>;

/**
 * Reads the rules of folders and their subfolders. A file replaces the file of the same name in an
 * earlier folder, and a link to /dev/null removes it. Folders that do not exist are empty. Never
 * rejects because of the content. The event loop runs between files, because hundreds of large
 * files take seconds.
 *
 * @param known files that earlier calls read, updated by this call: a file with the same text is
 *   not parsed again
 */
export async function readRuleFolder(
  folders: readonly string[],
  defaults: RuleDefaults,
  trust: Trust = currentTrust(),
  known: KnownFiles = new Map(),
): Promise<RuleFolder> {
  const listings = folders.map((folder) => listRuleFiles(folder, trust));
  const diagnostics = listings.flatMap((listing) => listing.diagnostics);
  const byName = new Map(listings.flatMap((listing) => listing.files).map(({ name, path }) => [name, path]));
  const files: RuleFile[] = [];
  for (const [, path] of [...byName.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    await setImmediate();
    if (!isMask(path)) files.push(readRuleFile(path, defaults, trust, known));
  }
  const present = new Set(files.map(({ path }) => path));
  for (const path of known.keys()) if (!present.has(path)) known.delete(path);
  const unique = dropDuplicates(files.flatMap((file) => file.rules));
  diagnostics.push(...files.flatMap((file) => file.diagnostics), ...unique.diagnostics);
  const ignored = listings.flatMap((listing) => listing.ignored);
  return { files, rules: unique.rules, faulty: files.flatMap((file) => file.faulty), ignored, diagnostics };
}

/** Reads the rules of one file after checking who can write it. */
export function readRuleFile(
  path: string,
  defaults: RuleDefaults,
  trust: Trust = currentTrust(),
  known: KnownFiles = new Map(),
): RuleFile {
  const { result: source, diagnostics } = readSafeFile(path, trust);
  if (source === undefined) return { path, rules: [], faulty: [], diagnostics, broken: true };
  const earlier = known.get(path);
  if (earlier?.text === source.text && sameDefaults(earlier.defaults, defaults)) return earlier.file;
  const read = readRules(source, defaults);
  const broken = read.diagnostics.some((diagnostic) => diagnostic.severity === "error");
  const file = { path, rules: read.rules, faulty: read.faulty, diagnostics: read.diagnostics, broken };
  known.set(path, { text: source.text, defaults, file });
  return file;
}

function sameDefaults(a: RuleDefaults, b: RuleDefaults): boolean {
  return isDeepStrictEqual(a, b);
}
