import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { RuleDefaults } from "./build-rule-syntax.ts";
import type { FaultyRule } from "./faulty-rule.ts";
import { withAudit } from "./audit-action.ts";
import type { IgnoredEntry } from "./list-rule-files.ts";
import type { KnownFiles } from "./read-rule-file.ts";
import { readRuleFolder } from "./read-rule-folder.ts";
import { ruleFoldersOf } from "./rule-folders.ts";
import { isMissing } from "./safe-file.ts";
import { findSettings, goneDiagnostic } from "./find-settings.ts";
import { settingsPathIn } from "./settings-files.ts";
import type { RuleSyntax } from "./rule-syntax.ts";
import { currentTrust } from "./trust.ts";
import { checkActions } from "./check-actions.ts";
import { unusedActions } from "./unused-actions.ts";
import type { Settings } from "../settings/settings.ts";

/** The rules that were found in files. */
export interface FoundRules {
  readonly rules: readonly RuleSyntax[];
  /** returns true if the file at a path has an error: its running rules are then kept */
  readonly isBroken: (path: string) => boolean;
  /**
   * returns true if a drop-in of the file at a path could not be read or applied: rules of it that
   * run stay as they are, and others run without it
   */
  readonly lacksDropIn: (path: string) => boolean;
}

/** The settings and rules in the files of a folder. */
export interface Configuration extends FoundRules {
  /** the older settings if the file is faulty; undefined if there are none */
  readonly settings: Settings | undefined;
  /** settings were read from a file, by this call or an earlier one */
  readonly hasSettingsFile: boolean;
  /** the same of the file itself, not only of fragments */
  readonly hasMainFile?: boolean;
  /** of the rule files */
  readonly paths: readonly string[];
  /** entries that look like rules and are not read */
  readonly ignored: readonly IgnoredEntry[];
  /** rules with errors, for further checks */
  readonly faulty: readonly FaultyRule[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The running configuration. */
export type OlderConfiguration = Pick<Configuration, "settings" | "hasSettingsFile" | "hasMainFile">;

/**
 * Reads `bpfwarden.yaml` with its fragments, and `rules.d` in `folder`. Drops a rule that names an
 * unknown action, like any faulty rule. If the folder is missing, everything that runs is kept.
 *
 * @param older the running configuration: faulty or removed settings never replace valid ones
 * @param known rule files as the previous call read them
 */
export async function findConfiguration(
  folder: string,
  hostname: string,
  older: OlderConfiguration,
  known: KnownFiles,
): Promise<Configuration> {
  const read = findSettings(settingsPathIn(folder), { folder, hostname }, older);
  const own = read.settings ?? older.settings;
  const { hasSettingsFile, hasMainFile = false } = read;
  const isGone = isMissing(folder);
  if (own === undefined || isGone) {
    const diagnostics = [...read.diagnostics, ...(isGone ? [goneDiagnostic(folder)] : [])];
    return {
      settings: own,
      hasSettingsFile,
      hasMainFile,
      rules: [],
      faulty: [],
      paths: [],
      ignored: read.ignored,
      isBroken: () => true,
      lacksDropIn: () => false,
      diagnostics,
    };
  }
  const found = await readRuleFolder(ruleFoldersOf(folder), ruleDefaultsOf(own), currentTrust(), known);
  const named = [...found.rules, ...found.faulty.map(({ rule }) => rule)];
  const settings = withAudit(own, named, hasSettingsFile);
  const actions = checkActions(named, settings);
  const faults = [...read.diagnostics, ...found.diagnostics, ...actions];
  // An unreadable file may contain the only rule that names an action.
  const isWhole = faults.every(({ severity }) => severity !== "error");
  const diagnostics = [...faults, ...(isWhole ? unusedActions(named, own) : [])];
  const misdirected = new Set(named.filter((rule) => checkActions([rule], settings).length > 0));
  const misdirectedFiles = new Set([...misdirected].map(({ source }) => source.path));
  const good = new Map(
    found.files.flatMap(({ path, dropIns, broken }) =>
      [path, ...dropIns].map((each) => [each, !broken && !misdirectedFiles.has(path)] as const),
    ),
  );
  const lacking = new Set(found.files.filter(({ lacksDropIn }) => lacksDropIn).map(({ path }) => path));
  const folderIsBroken = found.diagnostics.some(
    ({ severity, span }) => severity === "error" && !good.has(span.source.path),
  );
  return {
    settings,
    hasSettingsFile,
    hasMainFile,
    rules: found.rules.filter((rule) => !misdirected.has(rule)),
    isBroken: (path) => folderIsBroken || good.get(path) === false,
    lacksDropIn: (path) => lacking.has(path),
    faulty: found.faulty,
    paths: found.files.map(({ path }) => path),
    ignored: [...read.ignored, ...found.ignored],
    diagnostics,
  };
}

/** Returns what rules get that do not set it themselves. */
export function ruleDefaultsOf({ defaults, limits }: Settings): RuleDefaults {
  const { keys: keyLimit, ringBytes, records: recordRate, spans: spanLimit } = limits;
  return { windowMs: defaults.windowMs, keyLimit, ringBytes, recordRate, spanLimit, leavesOutSelf: true };
}
