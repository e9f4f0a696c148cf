import { type ControlOptions, standing } from "./control.ts";
import type { PageSource } from "./page/page-source.ts";
import type { Logger } from "./service/logger.ts";

const DAY_MS = 86_400_000;

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
    history: (limit) => {
      const untilUnixMs = clock.unixMs();
      return options.history.ask({
        kind: "entries",
        sinceUnixMs: untilUnixMs - DAY_MS,
        untilUnixMs,
        drills: true,
        limit,
      });
    },
    labels: () => alerting.settings.labels,
    onFault: (error) => logger.error({ err: error }, "making the status page failed"),
  };
}
