import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { SettingsCode } from "../settings/values/codes.ts";
import { maskSecrets } from "../settings/mask-secrets.ts";
import type { RouteSettings } from "../settings/notify-settings.ts";
import type { Settings } from "../settings/settings.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

/**
 * Warns of actions that no rule, route or default names: alerts that users expect there go
 * elsewhere.
 */
export function unusedActions(
  rules: readonly RuleSyntax[],
  { actions, defaults, notify, heartbeat }: Pick<Settings, "actions" | "defaults" | "notify" | "heartbeat">,
): readonly Diagnostic[] {
  const beats = heartbeat === undefined ? [] : [heartbeat.action];
  const named = [
    ...defaults.actions,
    ...beats,
    ...actionsOf(notify.route),
    ...rules.flatMap((rule) => rule.actions.map(textOf)),
  ];
  const others = defaults.actions.map((name) => `"${name}"`).join(", ");
  return [...actions.values()].flatMap(({ name, span }) => {
    if (span === undefined || named.includes(name)) return [];
    const code: SettingsCode = "unused-action";
    const message = `nothing is sent to the action "${name}": no rule, route or default names it`;
    const help = `write defaults: { action: ${name} }; now, alerts of rules without an action go to ${others}`;
    return maskSecrets([{ code, severity: "warning", message, span, help }], [span.source]);
  });
}

function actionsOf({ actions, routes }: RouteSettings): readonly string[] {
  return [...actions, ...routes.flatMap(actionsOf)];
}

const textOf = ({ text }: { readonly text: string }): string => text;
