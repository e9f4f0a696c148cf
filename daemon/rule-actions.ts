import type { RuleSyntax } from "./rules/rule-syntax.ts";
import type { ActionSettings, Settings } from "./settings/settings.ts";

/**
 * Where what a rule tells goes. Settings that lack an action which a rule names make the rule faulty: it runs on in its old version, and
 * must be heard as before.
 *
 * @param earlier what the call before this one gave
 */
export function actionsOf(
  rule: RuleSyntax,
  settings: Settings,
  earlier: readonly ActionSettings[],
): readonly ActionSettings[] {
  const named = rule.actions.map(({ text }) => text);
  const names = named.length === 0 ? settings.defaults.actions : named;
  return names.flatMap((name) => settings.actions.get(name) ?? earlier.find((action) => action.name === name) ?? []);
}
