import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { Alerting } from "../notify/alerting.ts";
import type { Moment } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import type { Judging } from "./judging.ts";
import type { RuleHost } from "./rule-host.ts";
import type { RuleSet } from "./rule-set.ts";
import type { RunningRule } from "./running-rule.ts";

/** The time between two looks at a rule before its tick. */
const LOOK_MS = 10;

export interface EarlyLooksOptions {
  readonly logger: Logger;
  readonly rules: Pick<RuleSet, "get">;
  readonly judging: Pick<Judging<RunningRule, AlertEvent>, "has">;
  readonly host: Pick<RuleHost, "forwardRecords" | "generations">;
  readonly alerting: Pick<Alerting, "alerts" | "lossOf">;
  readonly moment: () => Moment;
  /** true while the generations are being flipped: looks wait for that */
  readonly isFlipping: () => boolean;
  /** true while the state of an earlier process is not known: alerts are left to the tick */
  readonly isStateLate: () => boolean;
  /** called after alerts were passed on, to send them */
  readonly onAlerts: () => void;
}

/** Looks at rules between their ticks, when their programs wake the daemon. */
export class EarlyLooks implements Disposable {
  readonly #options: EarlyLooksOptions;
  /** the rules that are looked at again before the tick */
  readonly #soon = new Map<RunningRule, NodeJS.Timeout>();
  #isEnded = false;

  constructor(options: EarlyLooksOptions) {
    this.#options = options;
  }

  /** Looks at a rule from now on whenever its programs wake the daemon. */
  watch(rule: RunningRule): void {
    rule.watchWakes(() => {
      this.#take(rule);
      this.lookIfWoken(rule);
    });
  }

  /** Takes the keys in any case: a ring that is not read wakes the daemon without end. */
  #take(rule: RunningRule): void {
    try {
      rule.ahead?.take();
    } catch (error) {
      this.#options.logger.error({ err: error, rule: rule.name }, "reading what woke the daemon failed");
    }
  }

  /**
   * Looks at a rule before its tick. During a tick, the tick does that: it judges what was counted
   * before, and what came since is looked at after it.
   */
  lookIfWoken(rule: RunningRule): void {
    const { rules, judging, isFlipping, isStateLate, logger } = this.#options;
    const { ahead } = rule;
    if (ahead === undefined || this.#isEnded || isStateLate() || rules.get(rule.name) !== rule) return;
    try {
      const isWoken = ahead.take() || ahead.isWatching;
      if (ahead.isWatching && !isFlipping() && !judging.has(rule)) this.#look(rule);
      if (isWoken) this.#lookSoon(rule);
    } catch (error) {
      logger.error({ err: error, rule: rule.name }, "looking at the rule before its tick failed");
    }
  }

  #look(rule: RunningRule): void {
    const { alerting, host, moment, onAlerts } = this.#options;
    if (rule.hasEvidence) host.forwardRecords(rule);
    const items = rule.lookAhead(host.generations.current, moment(), alerting.lossOf(rule.name));
    if (items.length === 0) return;
    alerting.alerts({ rule: rule.name, ruleActions: rule.ruleActions, items });
    onAlerts();
  }

  /** Looks again at most every `LOOK_MS`: keys that come meanwhile do not wake the daemon. */
  #lookSoon(rule: RunningRule): void {
    if (this.#soon.has(rule)) return;
    const look = (): void => {
      this.#soon.delete(rule);
      this.lookIfWoken(rule);
    };
    this.#soon.set(rule, setTimeout(look, LOOK_MS).unref());
  }

  [Symbol.dispose](): void {
    this.#isEnded = true;
    for (const look of this.#soon.values()) clearTimeout(look);
  }
}
