import type { Settings } from "../settings/settings.ts";

/** The actions that a rule names, or the default ones if it names none. */
export function namedOrDefault(named: readonly string[], { defaults }: Settings): readonly string[] {
  return named.length > 0 ? named : defaults.actions;
}
