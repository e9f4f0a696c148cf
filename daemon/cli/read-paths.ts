import { statSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { findConfiguration } from "../rules/find-configuration.ts";
import { dropDuplicates } from "../rules/duplicate-rules.ts";
import { readRuleFile } from "../rules/read-rule-file.ts";
import { readRuleFolder } from "../rules/read-rule-folder.ts";
import type { FaultyRule } from "../rules/faulty-rule.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { isMissing } from "../rules/safe-file.ts";
import { readSettingsTexts, settingsPathIn } from "../rules/settings-files.ts";
import { currentTrust } from "../rules/trust.ts";
import type { FileCode } from "../rules/codes.ts";
import { type IgnoredEntry, isDropInFolder } from "../rules/list-rule-files.ts";
import { fileDiagnostic } from "../yaml/decode-source.ts";

/** The defaults of rules without settings. */
export const DEFAULTS = {
  windowMs: 60_000,
  keyLimit: 10_000,
  ringBytes: 1 << 20,
  leavesOutSelf: true,
  recordRate: 1000,
};
export const DEFAULT_MEMORY_BYTES = 64 << 20;

export interface ReadPaths {
  /** with unique names */
  readonly rules: readonly RuleSyntax[];
  readonly faulty: readonly FaultyRule[];
  /** the rule files that were read, by their paths */
  readonly files: readonly string[];
  /** the settings files that were read */
  readonly settings: readonly string[];
  /** entries that look like rules and are not read */
  readonly ignored: readonly IgnoredEntry[];
  readonly diagnostics: readonly Diagnostic[];
  /** the limit of kernel memory for a rule, from the settings beside it */
  readonly memoryBytesOf: (rule: RuleSyntax) => number;
}

interface ReadPath extends Omit<ReadPaths, "memoryBytesOf"> {
  readonly memoryBytes?: number;
}

/**
 * Reads the rules of the command line's paths: files, folders of them, and folders for `run` with
 * `rules.d` and `bpfwarden.yaml`. Rules in the latter get the settings there and must name actions
 * of theirs.
 */
export async function readPaths(paths: readonly string[]): Promise<ReadPaths> {
  const read = await Promise.all(paths.map(readPath));
  const unique = dropDuplicates(read.flatMap(({ rules }) => rules));
  return {
    rules: unique.rules,
    faulty: read.flatMap(({ faulty }) => faulty),
    files: [...new Set(read.flatMap(({ files }) => files))],
    settings: [...new Set(read.flatMap(({ settings }) => settings))],
    ignored: read.flatMap(({ ignored }) => ignored),
    diagnostics: [...read.flatMap(({ diagnostics }) => diagnostics), ...unique.diagnostics],
    memoryBytesOf: (rule) => read.find(({ rules }) => rules.includes(rule))?.memoryBytes ?? DEFAULT_MEMORY_BYTES,
  };
}

async function readPath(path: string): Promise<ReadPath> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return readFile(path);
  const isConfiguration = ["rules.d", "bpfwarden.yaml", "bpfwarden.yaml.d"].some(
    (name) => !isMissing(join(path, name)),
  );
  return withNoRulesFault(path, await (isConfiguration ? readConfiguration(path) : readFolder(path)));
}

/** Reads a file that the user names: its rules count although they are disabled. */
function readFile(path: string): ReadPath {
  const nothing = { rules: [], faulty: [], files: [path], settings: [], ignored: [] };
  if (isDropInFolder(dirname(path))) return { ...nothing, diagnostics: [dropInFault(path)] };
  const { rules, disabled, faulty, diagnostics } = readRuleFile(path, DEFAULTS);
  return { ...nothing, rules: [...rules, ...disabled.map(({ rule }) => rule)], faulty, diagnostics };
}

/** Reports a drop-in, which says nothing without the file that it changes. */
function dropInFault(path: string): Diagnostic {
  const code: FileCode = "no-rules";
  const changed = dirname(path).slice(0, -".d".length);
  const help = `name the folder of "${changed}" instead: its rules are read with their drop-ins`;
  return fileDiagnostic(path, code, `expected a rule file, found a drop-in for "${basename(changed)}"`, help);
}

async function readFolder(path: string): Promise<ReadPath> {
  const { files, ...read } = await readRuleFolder([path], DEFAULTS);
  return { ...read, files: files.map((file) => file.path), settings: [] };
}

/** Reports a folder without rules that has files which look like rules. */
function withNoRulesFault(path: string, read: ReadPath): ReadPath {
  const { rules, faulty, files, ignored, diagnostics } = read;
  const hasError = diagnostics.some(({ severity }) => severity === "error");
  if (rules.length + faulty.length + files.length > 0 || ignored.length === 0 || hasError) return read;
  const code: FileCode = "no-rules";
  const listed = ignored.slice(0, 3).map((entry) => `"${entry.path}": ${entry.reason}`);
  const fault = fileDiagnostic(path, code, "expected rules, found only files that are not read", listed.join("; "));
  return { ...read, diagnostics: [...diagnostics, fault] };
}

/**
 * Reads a folder for `run`. With faulty settings `run` does not start, but the errors of the rules
 * are reported too.
 */
async function readConfiguration(folder: string): Promise<ReadPath> {
  const found = await findConfiguration(folder, hostname(), { settings: undefined, hasSettingsFile: false }, new Map());
  const settings = readSettingsTexts(settingsPathIn(folder), currentTrust()).paths;
  if (found.settings !== undefined)
    return { ...found, files: found.paths, settings, memoryBytes: found.settings.limits.memoryBytes };
  const read = await readFolder(join(folder, "rules.d"));
  return { ...read, settings, diagnostics: [...found.diagnostics, ...read.diagnostics] };
}
