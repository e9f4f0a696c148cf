import { join } from "node:path";
import type { ActionSettings, Settings } from "../settings/settings.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

const AUDIT = "audit";
/** As logs are rotated where the settings say nothing. */
const MAX_BYTES = 100 * 1024 * 1024;
const KEEP = 10;

/**
 * The settings with an action `audit` where rules name one that the settings lack, so that the library's rules run as they are: a log in the
 * state folder; without a settings file standard output, where everything goes then.
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
