import { join } from "node:path";
import type { Diagnostic } from "../bpf/source/diagnostic.ts";
import type { FoundRules } from "./rule-set.ts";
import type { FaultyRule } from "./rules/faulty-rule.ts";
import { type KnownFiles, readRuleFolder } from "./rules/read-rule-folder.ts";
import { currentTrust, isMissing, readSafeFile } from "./rules/safe-file.ts";
import { checkActions } from "./rules/check-actions.ts";
import { readSettings } from "./settings/read-settings.ts";
import type { Settings } from "./settings/settings.ts";

/** Settings and rules as the files of a folder have them now. */
export interface Configuration extends FoundRules {
  /** the older settings where the file is faulty; undefined where there are none either */
  readonly settings: Settings | undefined;
  /** rules that reading found fault with, for checking them */
  readonly faulty: readonly FaultyRule[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads `bpfwarden.yaml` and `rules.d` below `folder`. A rule that names an unknown action is left out like any faulty one.
 *
 * @param older what runs now: faulty settings never take the place of good ones
 * @param known rule files as the call before read them
 */
export function findConfiguration(
  folder: string,
  hostname: string,
  older: Settings | undefined,
  known: KnownFiles,
): Configuration {
  const read = findSettings(folder, hostname);
  const settings = read.settings ?? older;
  if (settings === undefined)
    return { settings, rules: [], faulty: [], isBroken: () => true, diagnostics: read.diagnostics };
  const { defaults, limits } = settings;
  const ruleDefaults = { windowMs: defaults.windowMs, keyLimit: limits.keys, ringBytes: limits.ringBytes };
  const found = readRuleFolder([join(folder, "rules.d")], ruleDefaults, currentTrust(), known);
  const actions = checkActions(found.rules, settings);
  const diagnostics = [...read.diagnostics, ...found.diagnostics, ...actions];
  const faulty = new Set(actions.map(({ span }) => span.source.path));
  const good = new Map(found.files.map(({ path, broken }) => [path, !broken && !faulty.has(path)]));
  const folderIsBroken = found.diagnostics.some(
    ({ severity, span }) => severity === "error" && !good.has(span.source.path),
  );
  return {
    settings,
    rules: found.rules.filter((rule) => !actions.some(({ span }) => contains(rule.span, span))),
    isBroken: (path) => folderIsBroken || good.get(path) === false,
    faulty: found.faulty,
    diagnostics,
  };
}

type Place = Diagnostic["span"];

function contains(outer: Place, inner: Place): boolean {
  return outer.source === inner.source && outer.start <= inner.start && inner.end <= outer.end;
}

interface FoundSettings {
  readonly settings?: Settings;
  readonly diagnostics: readonly Diagnostic[];
}

function findSettings(folder: string, hostname: string): FoundSettings {
  const path = join(folder, "bpfwarden.yaml");
  if (isMissing(path)) return settingsOf(readSettings(undefined, folder, hostname));
  const { result: source, diagnostics } = readSafeFile(path, currentTrust());
  if (source === undefined) return { diagnostics };
  return settingsOf(readSettings(source, folder, hostname));
}

function settingsOf({ result, diagnostics }: ReturnType<typeof readSettings>): FoundSettings {
  return { ...(result !== undefined && { settings: result }), diagnostics };
}
