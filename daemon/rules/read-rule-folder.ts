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

/** One file of a rule folder. A reload keeps what ran of a file that is now `broken`. */
export interface RuleFile {
  readonly path: string;
  /** the good rules of the file, those included whose name another file has */
  readonly rules: readonly RuleSyntax[];
  /** its faulty ones, for checking them */
  readonly faulty: readonly FaultyRule[];
  /** what is wrong with the file by itself */
  readonly diagnostics: readonly Diagnostic[];
  readonly broken: boolean;
}

export interface RuleFolder {
  /** in the order of their names */
  readonly files: readonly RuleFile[];
  /** the rules of all files, with unique names */
  readonly rules: readonly RuleSyntax[];
  readonly faulty: readonly FaultyRule[];
  /** what looks like rules and is not read */
  readonly ignored: readonly IgnoredEntry[];
  /** of all files, of folders, and of names that two files have */
  readonly diagnostics: readonly Diagnostic[];
}

/** Files as they were last read, by path. Reading a file is quick, parsing and validating it takes milliseconds. */
export type KnownFiles = Map<
  string,
  { readonly text: string; readonly defaults: RuleDefaults; readonly file: RuleFile }
>;

/**
 * The rules of some folders and of those below them. A file in a later folder takes the place of one of the same name in an earlier, and a link to
 * /dev/null takes it away. Folders that do not exist are empty. Never rejects for what the folders hold. Between two files the event loop
 * has its turn: hundreds of large files take seconds.
 *
 * @param known what earlier calls read, which this one adds to: a file whose text is the same is not parsed again
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

/** The rules of one file, after a look at who can write it. */
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
