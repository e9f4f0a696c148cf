import { join } from "node:path";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { RuleDefaults } from "./build-rule-syntax.ts";
import type { FaultyRule } from "./faulty-rule.ts";
import { withAudit } from "./audit-action.ts";
import { exposedSecrets } from "./exposed-secrets.ts";
import type { IgnoredEntry } from "./list-rule-files.ts";
import type { KnownFiles } from "./read-rule-file.ts";
import { readRuleFolder } from "./read-rule-folder.ts";
import { ruleFoldersOf } from "./rule-folders.ts";
import { isMissing, readSafeFile } from "./safe-file.ts";
import type { RuleSyntax } from "./rule-syntax.ts";
import { currentTrust } from "./trust.ts";
import { checkActions } from "./check-actions.ts";
import { unusedActions } from "./unused-actions.ts";
import { checkSecrets } from "../settings/check-secrets.ts";
import { readSettings } from "../settings/read-settings.ts";
import type { Settings } from "../settings/settings.ts";
import { fileDiagnostic } from "../yaml/decode-source.ts";

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
  /** of the rule files */
  readonly paths: readonly string[];
  /** entries that look like rules and are not read */
  readonly ignored: readonly IgnoredEntry[];
  /** rules with errors, for further checks */
  readonly faulty: readonly FaultyRule[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads `bpfwarden.yaml` and `rules.d` in `folder`. Drops a rule that names an unknown action, like
 * any faulty rule. If the folder is missing, everything that runs is kept.
 *
 * @param older the running configuration: faulty or removed settings never replace valid ones
 * @param known rule files as the previous call read them
 */
export async function findConfiguration(
  folder: string,
  hostname: string,
  older: Pick<Configuration, "settings" | "hasSettingsFile">,
  known: KnownFiles,
): Promise<Configuration> {
  const read = findSettings(folder, hostname, older.hasSettingsFile);
  const own = read.settings ?? older.settings;
  const hasSettingsFile = older.hasSettingsFile || read.isFromFile;
  const isGone = isMissing(folder);
  if (own === undefined || isGone) {
    const diagnostics = [...read.diagnostics, ...(isGone ? [goneDiagnostic(folder)] : [])];
    return {
      settings: own,
      hasSettingsFile,
      rules: [],
      faulty: [],
      paths: [],
      ignored: [],
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
    rules: found.rules.filter((rule) => !misdirected.has(rule)),
    isBroken: (path) => folderIsBroken || good.get(path) === false,
    lacksDropIn: (path) => lacking.has(path),
    faulty: found.faulty,
    paths: found.files.map(({ path }) => path),
    ignored: found.ignored,
    diagnostics,
  };
}

/** Returns what rules get that do not set it themselves. */
export function ruleDefaultsOf({ defaults, limits }: Settings): RuleDefaults {
  const { keys: keyLimit, ringBytes, records: recordRate, spans: spanLimit } = limits;
  return { windowMs: defaults.windowMs, keyLimit, ringBytes, recordRate, spanLimit, leavesOutSelf: true };
}

interface FoundSettings {
  readonly settings?: Settings;
  readonly isFromFile: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param hadFile a settings file existed before; its removal is then an error, because the
 *   defaults would notify nobody
 */
function findSettings(folder: string, hostname: string, hadFile: boolean): FoundSettings {
  const path = join(folder, "bpfwarden.yaml");
  if (isMissing(path)) {
    if (hadFile) return { isFromFile: false, diagnostics: [goneDiagnostic(path)] };
    return settingsOf(readSettings(undefined, folder, hostname), false);
  }
  const trust = currentTrust();
  const { result: source, diagnostics } = readSafeFile(path, trust);
  if (source === undefined) return { isFromFile: false, diagnostics };
  const { result, diagnostics: found } = readSettings(source, folder, hostname);
  const all = [...found, ...checkSecrets(source, folder), ...exposedSecrets(source, folder, trust)];
  return settingsOf({ ...(result !== undefined && { result }), diagnostics: all }, true);
}

function goneDiagnostic(path: string): Diagnostic {
  const help = "the previous settings remain in use: restore the file, or restart the daemon to run without it";
  return fileDiagnostic(path, "unreadable-file", "it no longer exists", help);
}

function settingsOf({ result, diagnostics }: ReturnType<typeof readSettings>, isFromFile: boolean): FoundSettings {
  return { ...(result !== undefined && { settings: result }), isFromFile, diagnostics };
}
