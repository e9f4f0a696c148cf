import { basename } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { positionAt } from "../../bpf/source/position.ts";
import { visible } from "../../bpf/source/visible.ts";
import type { RuleDefaults } from "./build-rule-syntax.ts";
import { dropDuplicates } from "./duplicate-rules.ts";
import type { FaultyRule } from "./faulty-rule.ts";
import { type IgnoredEntry, listRuleFiles } from "./list-rule-files.ts";
import { type KnownFiles, type RuleFile, readRuleFile } from "./read-rule-file.ts";
import type { DisabledRule } from "./read-rules.ts";
import type { RuleSyntax } from "./rule-syntax.ts";
import { currentTrust, type Trust } from "./trust.ts";
import { usedFiles } from "./used-files.ts";

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
 * Reads the rules of folders and their subfolders. A file replaces the file of the same name in an
 * earlier folder, and a link to /dev/null removes it. Drop-ins of all folders change the rules of
 * the file that is used, in the order of their names. Folders that do not exist are empty. Never
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
  const used = usedFiles(listings);
  const refused = new Set(listings.flatMap((listing) => listing.refused.map((path) => basename(path))));
  const files: RuleFile[] = [];
  for (const { path, dropIns } of used.files) {
    await setImmediate();
    const file = readRuleFile(path, defaults, trust, known, dropIns);
    files.push(refused.has(`${basename(path)}.d`) ? { ...file, lacksDropIn: true } : file);
  }
  const present = new Set(files.map(({ path }) => path));
  for (const path of known.keys()) if (!present.has(path)) known.delete(path);
  const unique = dropDuplicates(files.flatMap((file) => file.rules));
  return {
    files,
    rules: unique.rules,
    faulty: files.flatMap((file) => file.faulty),
    ignored: [
      ...listings.flatMap((listing) => listing.ignored),
      ...used.ignored,
      ...files.flatMap(({ path, disabled }) => disabled.map((rule) => disabledEntry(path, rule))),
    ],
    diagnostics: [
      ...listings.flatMap((listing) => listing.diagnostics),
      ...files.flatMap((file) => file.diagnostics),
      ...unique.diagnostics,
    ],
  };
}

function disabledEntry(path: string, { rule, span }: DisabledRule): IgnoredEntry {
  const { line } = positionAt(span.source, span.start);
  return { path, reason: `the rule "${rule.name.text}" is disabled by ${visible(span.source.path)}:${line}` };
}
