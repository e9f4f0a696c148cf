import type { Level } from "../../rules/rule-syntax.ts";
import type { AlertEvent } from "./alert.ts";
import { currentConfidence } from "../evaluate-rule.ts";
import type { RuleState } from "../rule-state.ts";

export interface Drill {
  /** values of the labels of `by` */
  readonly key: Readonly<Record<string, string>>;
  /** the highest if not given */
  readonly level: Level | undefined;
  /** the label that marks it */
  readonly mark: string;
  readonly unixMs: number;
}

/**
 * Returns an alert as it would be if it fired now, for the given key. Returns a text if the request
 * is wrong: it says why.
 */
export function drillEvent(state: RuleState, { key, level, mark, unixMs }: Drill): AlertEvent | string {
  const { rule } = state.plan;
  const names = rule.program.by.map(({ name }) => name.text);
  const unknown = Object.keys(key).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    return `alerts of the rule have no key "${unknown}": ${names.length === 0 ? "it has no by" : `by has ${names.join(", ")}`}`;
  }
  const chosen = level ?? state.policy.levels.at(-1);
  if (chosen === undefined)
    return "the rule has no threshold, so it has no alerts: its records go to its actions as they come";
  if (!state.policy.levels.includes(chosen))
    return `the rule has no level "${chosen}": its levels are ${state.policy.levels.join(", ")}`;
  const own = Object.fromEntries(names.map((name) => [name, key[name] ?? mark]));
  return {
    rule: rule.name.text,
    labels: { ...rule.labels, ...own, [mark]: "true" },
    status: "firing",
    level: chosen,
    values: {},
    reason: "a drill was asked for: nothing has happened",
    startsAtUnixMs: unixMs,
    windowMs: rule.windowMs,
    confidence: currentConfidence(state),
    summary: `DRILL: ${rule.name.text}: nothing has happened, this is a test of notifications`,
    ...(rule.description !== undefined && { description: rule.description }),
    ...(rule.runbook !== undefined && { runbook: rule.runbook }),
  };
}
