import { statSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import { withAudit } from "../rules/audit-action.ts";
import { checkActions } from "../rules/check-actions.ts";
import type { FileCode } from "../rules/codes.ts";
import { findSettings } from "../rules/find-settings.ts";
import { settingsPathIn } from "../rules/settings-files.ts";
import { unusedActions } from "../rules/unused-actions.ts";
import { fileDiagnostic } from "../yaml/decode-source.ts";
import type { ReadPaths } from "./read-paths.ts";

/** Returns the settings file that a path of the command line means: a file, or one in a folder. */
export function settingsFileOf(path: string): string {
  return resolve(statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? settingsPathIn(path) : path);
}

/**
 * Adds the settings of a file and its fragments to rules that were read: the rules must name
 * actions of theirs, and have their limits.
 */
export function withSettings(read: ReadPaths, settingsPath: string): ReadPaths {
  const context = { folder: dirname(settingsPath), hostname: hostname() };
  const found = findSettings(settingsPath, context, { hasSettingsFile: false });
  const { settings: own, paths } = found;
  const code: FileCode = "unreadable-file";
  const missing = paths.length > 0 ? [] : [fileDiagnostic(settingsPath, code, "expected settings, found no file")];
  const named = [...read.rules, ...read.faulty.map(({ rule }) => rule)];
  const settings = own && withAudit(own, named, true);
  const actions = settings === undefined ? [] : checkActions(named, settings);
  const faults = [...missing, ...found.diagnostics, ...read.diagnostics, ...actions];
  const isWhole = read.files.length > 0 && faults.every(({ severity }) => severity !== "error");
  return {
    ...read,
    settings: [...read.settings, ...paths],
    ignored: [...found.ignored, ...read.ignored],
    diagnostics: [...faults, ...(isWhole && own !== undefined ? unusedActions(named, own) : [])],
    memoryBytesOf: (rule) => own?.limits.memoryBytes ?? read.memoryBytesOf(rule),
  };
}
