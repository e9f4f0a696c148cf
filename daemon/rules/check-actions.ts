import { didYouMean } from "../../bpf/source/did-you-mean.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Settings } from "../settings/settings.ts";
import type { RuleCode } from "./codes.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

/** Reports actions that rules name and the settings do not define. */
export function checkActions(rules: readonly RuleSyntax[], settings: Pick<Settings, "actions">): readonly Diagnostic[] {
  const names = [...settings.actions.keys()];
  return rules.flatMap((rule) =>
    rule.actions
      .filter((action) => !settings.actions.has(action.text))
      .map((action): Diagnostic => {
        const code: RuleCode = "unknown-action";
        const help =
          didYouMean(action.text, names) ??
          `the actions in the settings are ${names.map((name) => `"${name}"`).join(", ")}`;
        return { code, severity: "error", message: `unknown action "${action.text}"`, span: action.span, help };
      }),
  );
}
