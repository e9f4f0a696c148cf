import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { checkSecrets } from "../settings/check-secrets.ts";
import { readSettingsOf, type SettingsContext } from "../settings/read-settings.ts";
import type { Settings } from "../settings/settings.ts";
import { fileDiagnostic } from "../yaml/decode-source.ts";
import { exposedSecrets } from "./exposed-secrets.ts";
import type { IgnoredEntry } from "./list-rule-files.ts";
import { isMissing } from "./safe-file.ts";
import { readSettingsTexts } from "./settings-files.ts";
import { currentTrust } from "./trust.ts";

/** The files that an earlier call read settings from. */
export interface HadSettings {
  readonly hasSettingsFile: boolean;
  /** the file itself, not only fragments */
  readonly hasMainFile?: boolean;
}

export interface FoundSettings extends HadSettings {
  readonly settings?: Settings;
  /** of the settings file and its fragments, if they exist */
  readonly paths: readonly string[];
  readonly ignored: readonly IgnoredEntry[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads the settings file at a path, and its fragments.
 *
 * @param had a settings file existed before; its removal is then an error, because the defaults
 *   would notify nobody. A fragment can be removed
 */
export function findSettings(path: string, context: SettingsContext, had: HadSettings): FoundSettings {
  const trust = currentTrust();
  const { sources, paths, ignored, diagnostics: unreadable } = readSettingsTexts(path, trust);
  const isGone = (had.hasMainFile === true && isMissing(path)) || (had.hasSettingsFile && paths.length === 0);
  const files = { ...had, paths, ignored };
  if (isGone) return { ...files, diagnostics: [goneDiagnostic(path), ...unreadable] };
  if (unreadable.length > 0) return { ...files, diagnostics: unreadable };
  const { result, diagnostics: found } = readSettingsOf(sources, context);
  const { folder } = context;
  const diagnostics = [...found, ...checkSecrets(sources, folder), ...exposedSecrets(sources, folder, trust)];
  return {
    ...{ ...files, diagnostics, hasSettingsFile: had.hasSettingsFile || paths.length > 0 },
    hasMainFile: had.hasMainFile === true || paths.includes(path),
    ...(result !== undefined && { settings: result }),
  };
}

export function goneDiagnostic(path: string): Diagnostic {
  const help = "the previous settings remain in use: restore the file, or restart the daemon to run without it";
  return fileDiagnostic(path, "unreadable-file", "it no longer exists", help);
}
