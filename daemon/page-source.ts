import { type ControlOptions, standing } from "./control.ts";
import type { PageSource } from "./page/page-source.ts";
import type { Logger } from "./service/logger.ts";

/** Returns the parts of the running daemon that the status page shows. */
export function createPageSource(options: ControlOptions, logger: Logger): PageSource {
  const { clock, alerting, rules } = options;
  return {
    ...{ rules, nowUnixMs: () => clock.unixMs(), nowMs: () => clock.bootMs() },
    standing: () => standing(options),
    problems: options.problems,
    firing: (most) => alerting.worstFiring(most),
    decisions: (rule) => alerting.decisions(rule),
    actionsOf: (name) => alerting.actionNames(rules().find((rule) => rule.name === name)?.ruleActions ?? []),
    labels: () => alerting.settings.labels,
    onFault: (error) => logger.error({ err: error }, "making the status page failed"),
  };
}
