import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { SettingsCode } from "../settings/codes.ts";
import { maskSecrets } from "../settings/mask-secrets.ts";
import type { RouteSettings } from "../settings/notify-settings.ts";
import type { Settings } from "../settings/settings.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

/** Actions that no rule, no route and no default names: somebody waits there for alerts that go elsewhere. */
export function unusedActions(
  rules: readonly RuleSyntax[],
  { actions, defaults, notify }: Pick<Settings, "actions" | "defaults" | "notify">,
): readonly Diagnostic[] {
  const named = [...defaults.actions, ...actionsOf(notify.route), ...rules.flatMap((rule) => rule.actions.map(textOf))];
  const others = defaults.actions.map((name) => `"${name}"`).join(", ");
  return [...actions.values()].flatMap(({ name, span }) => {
    if (span === undefined || named.includes(name)) return [];
    const code: SettingsCode = "unused-action";
    const message = `expected a rule, a route or defaults that name the action "${name}", found none: nothing goes there`;
    const help = `write defaults: { action: ${name} }; alerts of rules without action go to ${others} now`;
    return maskSecrets([{ code, severity: "warning", message, span, help }], span.source);
  });
}

function actionsOf({ actions, routes }: RouteSettings): readonly string[] {
  return [...actions, ...routes.flatMap(actionsOf)];
}

const textOf = ({ text }: { readonly text: string }): string => text;
