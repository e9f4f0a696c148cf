import type { Settings } from "../settings/settings.ts";

/** The actions that a rule names, or the default ones if it names none. */
export function namedOrDefault(ruleActions: readonly string[], { defaults }: Settings): readonly string[] {
  return ruleActions.length > 0 ? ruleActions : defaults.actions;
}
