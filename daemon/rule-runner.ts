import { openGenerations } from "../bpf/load/generations.ts";
import { openKernel } from "../bpf/load/open-kernel.ts";
import type { Alerting } from "./alerting.ts";
import type { AlertEvent } from "./evaluate/alert.ts";
import type { RulePlan, RuleState } from "./evaluate/rule-state.ts";
import type { RuleIdentity } from "./reload-plan.ts";
import type { MuteWindow } from "./settings/mute-window.ts";
import { SurroundingsWatcher, type Surroundings } from "../bpf/kernel/processes/surroundings.ts";
import type { Diagnostic } from "../bpf/source/diagnostic.ts";
import type { Configuration } from "./find-configuration.ts";
import { openHostNames } from "./host-names.ts";
import { RuleSet } from "./rule-set.ts";
import type { RunningRule } from "./running-rule.ts";
import { bootOffset } from "./sample/boot-clock.ts";
import type { HostNames } from "./sample/names.ts";
import { momentOf, type Clock, type Moment } from "./service/clock.ts";
import type { Logger } from "./service/logger.ts";
import type { Settings } from "./settings/settings.ts";

export interface RuleRunnerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly alerting: Alerting;
  readonly memory: RuleMemory;
}

/** What is known of rules from an earlier process, or must be by a later one. */
export interface RuleMemory {
  readonly remember: (plan: RulePlan, identity: RuleIdentity) => RuleState | undefined;
  /** the rule is gone, or judges otherwise now */
  readonly forget: (rule: string) => void;
}

/** How the rules are. */
export interface RuleCounts {
  readonly rules: number;
  readonly degraded: number;
  /** alerts, of all keys */
  readonly firing: number;
}

/**
 * Records that are read, decoded and sent on before anything else is done, so that they are gone again before the heap grows: of
 * many thousands at once most of the time is spent on collecting them.
 */
const RECORDS_AT_ONCE = 512;

/** The rules in the kernel, and what comes out of them. */
export class RuleRunner implements AsyncDisposable {
  readonly #options: RuleRunnerOptions;
  readonly #kernel = openKernel();
  readonly #generations = openGenerations();
  readonly #rules = new RuleSet();
  readonly #surroundings = new SurroundingsWatcher();
  #following = Promise.resolve(true);
  readonly #names: HostNames;

  constructor(options: RuleRunnerOptions) {
    this.#options = options;
    this.#names = openHostNames(options.clock, (fault) => options.logger.warn(fault));
  }

  get counts(): RuleCounts {
    const { rules } = this.#rules;
    return {
      rules: rules.length,
      degraded: rules.filter((rule) => rule.isDegraded).length,
      firing: rules.reduce((sum, { firing }) => sum + firing, 0),
    };
  }

  /**
   * Makes the rules those that were found. Resolves with what is wrong with them when the old ones are gone.
   *
   * @param modulesChanged whether modules of the kernel have come or gone since the last time
   * @param readAtMs when their files began to be read: the log says how long it was from there to being attached
   */
  async swap(
    found: Configuration,
    settings: Settings,
    readAtMs: number,
    modulesChanged: boolean,
  ): Promise<readonly Diagnostic[]> {
    const { limits, tickMs } = settings;
    const load = { kernel: this.#kernel, generations: this.#generations, memoryBytes: limits.memoryBytes };
    const { started, presented, ended, diagnostics } = await this.#rules.swap(found, {
      load,
      tickMs,
      nowMs: () => this.#moment().bootMs,
      nowUnixMs: () => this.#moment().unixMs,
      remember: this.#options.memory.remember,
      names: this.#names,
      modulesChanged,
    });
    for (const rule of [...this.#rules.rules, ...ended.map((each) => each.rule)]) rule.use(settings);
    const elapsedMs = this.#moment().bootMs - readAtMs;
    for (const rule of started) {
      this.#announce(rule, elapsedMs);
      this.#options.alerting.alerts({ rule: rule.name, named: rule.named, items: rule.firingEvents() });
    }
    for (const { rule, events } of presented) {
      this.#options.logger.info({ rule: rule.name }, "the rule judges as before: its state goes on");
      this.#options.alerting.alerts({ rule: rule.name, named: rule.named, items: events });
    }
    await Promise.all(ended.map(({ rule, reason }) => this.#end(rule, reason)));
    this.#options.alerting.step();
    return diagnostics;
  }

  /** One tick for all rules: flip, wait until the idle generation is still, read it, judge. Gives whether that worked. */
  async tick(): Promise<boolean> {
    const { logger, alerting } = this.#options;
    try {
      const idle = await this.#generations.flip();
      const moment = this.#moment();
      for (const rule of this.#rules.rules) {
        try {
          // What it recorded up to now is evidence of what it counted up to now.
          if (rule.hasEvidence) this.#forwardRecords(rule);
          alerting.alerts({ rule: rule.name, named: rule.named, items: rule.tick(idle, moment) });
          this.#tellLost(rule);
          if (rule.newFault !== undefined) logger.error({ rule: rule.name, fault: rule.newFault }, "rule degraded");
        } catch (error) {
          logger.error({ err: error, rule: rule.name }, "evaluating the rule failed");
        }
      }
      alerting.step();
      return true;
    } catch (error) {
      logger.error({ err: error }, "tick failed");
      return false;
    }
  }

  /** When nobody hears of a rule's alerts; never where there is no such rule. */
  muteOf(rule: string): readonly MuteWindow[] {
    return this.#named(rule)?.built.rule.mute ?? [];
  }

  /** An alert's event with the values of now, where its rule still runs. */
  refresh(rule: string, event: AlertEvent): AlertEvent {
    return this.#named(rule)?.refresh(event) ?? event;
  }

  /** Whether an alert's event is of one that fires; undefined where its rule does not run. */
  fires(rule: string, event: AlertEvent): boolean | undefined {
    return this.#named(rule)?.fires(event);
  }

  get rules(): readonly RunningRule[] {
    return this.#rules.rules;
  }

  #named(name: string): RunningRule | undefined {
    return this.#rules.rules.find((rule) => rule.name === name);
  }

  /** Has all rules follow what they are attached to, and says what changed. Gives whether that worked; never rejects. */
  async follow(): Promise<boolean> {
    this.#following = this.#following.then(() => this.#followOnce());
    return this.#following;
  }

  async #followOnce(): Promise<boolean> {
    const { logger } = this.#options;
    try {
      const objects = this.#rules.rules.map(({ object }) => object);
      await using around = await this.#surroundings.look(
        objects.flatMap(({ files }) => files),
        objects.some(({ asksForMapped }) => asksForMapped),
      );
      const followed = this.#rules.rules.map((rule) => this.#followRule(rule, around));
      return followed.every(Boolean);
    } catch (error) {
      logger.error({ err: error }, "following what the rules are attached to failed");
      return false;
    }
  }

  /** A fault in one rule is none of the others'. */
  #followRule(rule: RunningRule, around: Surroundings): boolean {
    const { logger } = this.#options;
    try {
      for (const change of rule.follow(around)) logger.info({ rule: rule.name, change }, "followed");
      return true;
    } catch (error) {
      logger.error({ rule: rule.name, err: error }, "following what the rule is attached to failed");
      return false;
    }
  }

  /** Alerts stay as they are: a service that stops says nothing of what it watched. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#rules.clear().map((rule) => this.#detach(rule)));
    this.#generations[Symbol.dispose]();
  }

  #announce(rule: RunningRule, elapsedMs: number): void {
    rule.object.watchRecords(() => this.#forwardRecords(rule));
    const { attached, refused, spec } = rule.object;
    const probes = [...new Set(attached.map(({ point }) => point))];
    const fields = { rule: rule.name, probes, kernelBytes: spec.memoryBytes, elapsedMs: Number(elapsedMs.toFixed(1)) };
    this.#options.logger.info(fields, "attached");
    if (refused.length > 0)
      this.#options.logger.warn({ rule: rule.name, refused }, "the kernel refused some probes, which are not watched");
  }

  async #end(rule: RunningRule, reason: string): Promise<void> {
    const { logger, alerting, memory } = this.#options;
    memory.forget(rule.name);
    alerting.alerts({ rule: rule.name, named: rule.named, items: rule.end(this.#moment().unixMs, reason) });
    await this.#detach(rule);
    logger.info({ rule: rule.name, reason }, "detached");
  }

  /** What the ring holds once nothing can be added any more still goes out. */
  async #detach(rule: RunningRule): Promise<void> {
    const { logger } = this.#options;
    try {
      await using held = rule;
      await held.object.detach();
      while (this.#forwardRecords(held) > 0);
    } catch (error) {
      logger.error({ err: error, rule: rule.name }, "detaching the rule failed");
    }
  }

  /** A batch of them; the poller tells of those that are left. Gives how many there were. */
  #forwardRecords(rule: RunningRule): number {
    const { clock, logger, alerting } = this.#options;
    const offsetNs = bootOffset(clock.unixNs(), clock.bootNs(), clock.unixNs());
    try {
      const { records, errors } = rule.readRecords(offsetNs, RECORDS_AT_ONCE);
      for (const error of errors) logger.error({ rule: rule.name, error }, "a record could not be read");
      // Beside a threshold, records are evidence, not messages of their own.
      if (rule.built.rule.threshold === undefined) {
        const told = { rule: rule.name, named: rule.named, items: records };
        alerting.records(told, rule.built.rule.labels);
      }
      return records.length + errors.length;
    } catch (error) {
      logger.error({ err: error, rule: rule.name }, "reading the rule's records failed");
      return 0;
    }
  }

  /** A gap among records is a record of its own. */
  #tellLost({ name, named, lostRecords, built: { rule } }: RunningRule): void {
    if (lostRecords === 0 || rule.threshold !== undefined) return;
    const { clock, alerting } = this.#options;
    const lost = { rule: name, timeNs: clock.unixNs(), fields: { lost_events: lostRecords }, truncated: [] };
    alerting.records({ rule: name, named, items: [lost] }, rule.labels);
  }

  #moment(): Moment {
    return momentOf(this.#options.clock);
  }
}
