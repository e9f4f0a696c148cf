import { join } from "node:path";
import type { ActionSettings, Settings } from "../settings/settings.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

const AUDIT = "audit";
/** The defaults for the rotation of logs. */
const MAX_BYTES = 100 * 1024 * 1024;
const KEEP = 10;

/**
 * Adds an action `audit` to the settings if rules name it and the settings lack it, so that the
 * library's rules run unchanged. It is a log in the state folder, or standard output without a
 * settings file.
 */
export function withAudit(settings: Settings, rules: readonly RuleSyntax[], hasSettingsFile: boolean): Settings {
  const isNamed = rules.some(({ actions }) => actions.some(({ text }) => text === AUDIT));
  if (!isNamed || settings.actions.has(AUDIT)) return settings;
  const path = hasSettingsFile ? join(settings.stateDir, "audit.jsonl") : "-";
  const log: ActionSettings = {
    ...{ name: AUDIT, kind: "log", path },
    ...(path === "-" ? { maxBytes: Infinity, keep: 1 } : { maxBytes: MAX_BYTES, keep: KEEP }),
  };
  return { ...settings, actions: new Map([...settings.actions, [AUDIT, log]]) };
}
