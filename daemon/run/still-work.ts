import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { Logger } from "../service/logger.ts";
import type { Judging } from "./judging.ts";
import type { RuleSet } from "./rule-set.ts";
import type { RunningRule } from "./running-rule.ts";

/** Runs work on a rule's state in slices, while the rule is not being judged. */
export type StillWork = (rule: string, pieces: Iterator<readonly never[], void>) => void;

export function stillWork(
  judging: Judging<RunningRule, AlertEvent>,
  rules: Pick<RuleSet, "get">,
  logger: Pick<Logger, "error">,
): StillWork {
  return (name, pieces) => {
    const rule = rules.get(name);
    if (rule === undefined) return;
    const fail = (error: unknown): void => logger.error({ err: error, rule: name }, "saving the rule's state failed");
    judging.after(rule, { pieces, take: () => undefined, fail });
  };
}
