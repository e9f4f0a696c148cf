import { readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { RuleDefaults } from "./build-rule-syntax.ts";
import { dropDuplicates } from "./duplicate-rules.ts";
import type { FaultyRule } from "./faulty-rule.ts";
import { readRules } from "./read-rules.ts";
import type { RuleSyntax } from "./rule-syntax.ts";
import { currentTrust, isMissing, listSafeFolder, readSafeFile } from "./safe-file.ts";
import type { Trust } from "./safe-file.ts";

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
  /** of all files, of folders, and of names that two files have */
  readonly diagnostics: readonly Diagnostic[];
}

/** Files as they were last read, by path. Reading a file is quick, parsing and validating it takes milliseconds. */
export type KnownFiles = Map<
  string,
  { readonly text: string; readonly defaults: RuleDefaults; readonly file: RuleFile }
>;

/**
 * The rules of some folders. A file in a later folder takes the place of one of the same name in an earlier, and a link to
 * /dev/null takes it away. Folders that do not exist are empty. Never throws for what the folders hold.
 *
 * @param known what earlier calls read, which this one adds to: a file whose text is the same is not parsed again
 */
export function readRuleFolder(
  folders: readonly string[],
  defaults: RuleDefaults,
  trust: Trust = currentTrust(),
  known: KnownFiles = new Map(),
): RuleFolder {
  const diagnostics: Diagnostic[] = [];
  const paths = folders.flatMap((folder) => listFolder(folder, trust, diagnostics));
  const byName = new Map(paths.map((entry) => [entry.name, entry.path]));
  const files = [...byName.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .filter(([, path]) => !isMask(path))
    .map(([, path]) => readRuleFile(path, defaults, trust, known));
  const present = new Set(files.map(({ path }) => path));
  for (const path of known.keys()) if (!present.has(path)) known.delete(path);
  const unique = dropDuplicates(files.flatMap((file) => file.rules));
  diagnostics.push(...files.flatMap((file) => file.diagnostics), ...unique.diagnostics);
  return { files, rules: unique.rules, faulty: files.flatMap((file) => file.faulty), diagnostics };
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
  return a.windowMs === b.windowMs && a.keyLimit === b.keyLimit && a.ringBytes === b.ringBytes;
}

/**
 * Whether a file of this name holds rules: `*.yaml` and `*.yml`, but no hidden files, no backups and leftovers of editors and
 * package managers (`x.yaml~`, `x.yaml.dpkg-new`, `.x.yaml.swp` all end or begin otherwise), and no rule tests.
 */
export function isRuleFileName(name: string): boolean {
  return /^[^.].*\.ya?ml$/.test(name) && !/\.test\.ya?ml$|\.dpkg-/.test(name);
}

interface FolderEntry {
  readonly name: string;
  readonly path: string;
}

function listFolder(folder: string, trust: Trust, diagnostics: Diagnostic[]): readonly FolderEntry[] {
  if (isMissing(folder)) return [];
  const listed = listSafeFolder(folder, trust);
  diagnostics.push(...listed.diagnostics);
  return (listed.result ?? []).filter(isRuleFileName).map((name) => ({ name, path: join(folder, name) }));
}

/** A link to /dev/null masks the files of its name, as in systemd.unit(5). */
function isMask(path: string): boolean {
  try {
    return readlinkSync(path) === "/dev/null";
  } catch {
    return false; // no link
  }
}
