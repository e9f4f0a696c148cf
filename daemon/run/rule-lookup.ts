import type { RuleLookup } from "../notify/alerting.ts";
import type { Logger } from "../service/logger.ts";
import type { RuleSet } from "./rule-set.ts";

/** Answers the questions of notifications about the rules that run. */
export function ruleLookup(rules: RuleSet, logger: Logger): RuleLookup {
  return {
    // The times in which a rule's alerts notify nobody; none if the rule does not exist.
    muteOf: (rule) => rules.get(rule)?.built.rule.mute ?? [],
    // An error of ours must not prevent the notification of others.
    refresh(rule, event) {
      try {
        return rules.get(rule)?.refresh(event) ?? event;
      } catch (error) {
        logger.error({ err: error, rule }, "an alert is sent with its previous values");
        return event;
      }
    },
  };
}
