import { LEVELS } from "../../rules/levels.ts";
import { enabledRules } from "./rule-names.ts";

/** Returns matchers of alerts: the name of a rule is that of its alerts. */
export function matcherNames(config: string | undefined): readonly string[] {
  return [...enabledRules(config).map((name) => `alertname=${name}`), ...LEVELS.map((level) => `severity=${level}`)];
}
