import type { Generation, Generations } from "../../bpf/load/generations.ts";
import type { Btf, Kernel } from "../../bpf/kernel/kernel.ts";
import { openKernel } from "../../bpf/load/open-kernel.ts";
import type { Alerting } from "../notify/alerting.ts";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { RulePlan, RuleState } from "../evaluate/rule-state.ts";
import type { Judging } from "./judging.ts";
import type { RuleIdentity } from "./reload-plan.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Configuration } from "../rules/find-configuration.ts";
import { EarlyLooks } from "./early-looks.ts";
import type { FlipMoment, Flipped } from "./flip.ts";
import { lostAsRecords } from "./lost-records.ts";
import { RuleHost, type RuleHostOutput } from "./rule-host.ts";
import type { RuleSet } from "./rule-set.ts";
import type { ReadRecords } from "./records-reader.ts";
import type { RunningRule } from "./running-rule.ts";
import { momentOf, type Clock, type Moment } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { Notifying } from "../notify/notifying.ts";

export interface RuleRunnerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** are disposed with the runner */
  readonly generations: Generations;
  readonly judging: Judging<RunningRule, AlertEvent>;
  readonly rules: RuleSet;
  readonly alerting: Alerting;
  readonly memory: RuleMemory;
  /**
   * true while the state of an earlier process is not known: alerts then wait for the tick, so that
   * nobody is notified again
   */
  readonly isStateLate?: () => boolean;
  /** called after alerts that fired between two ticks were passed on, to save them */
  readonly onAhead?: () => void;
  /** true for a paused rule that may run again; none is paused if not given */
  readonly isDue?: (rule: RunningRule) => boolean;
  /** true to join the programs of several rules at one place */
  readonly fuses: boolean;
}

/** The saved state of rules, from an earlier process and for a later one. */
export interface RuleMemory {
  readonly remember: (plan: RulePlan, identity: RuleIdentity) => RuleState | undefined;
  /** called if the rule was removed or its condition changed */
  readonly forget: (rule: string) => void;
}

/** The numbers of rules by status. */
export interface RuleCounts {
  readonly rules: number;
  readonly degraded: number;
  /** of all keys */
  readonly firing: number;
}

/**
 * The part of a tick's time in which judging and notifying may delay it; work that is left then
 * goes on beside the next ticks.
 */
const TICK_SHARE = 0.75;

/** The rules in the kernel, and their alerts and records. */
export class RuleRunner implements AsyncDisposable {
  readonly #options: RuleRunnerOptions;
  readonly #kernel = openKernel({ letsGoOfTypes: true });
  /** the kernel's types while rules are compiled */
  readonly #held = new Set<Btf | undefined>();
  readonly #rules: RuleSet;
  readonly #host: RuleHost;
  readonly #notifying: Notifying;
  readonly #judging: Judging<RunningRule, AlertEvent>;
  #tickMs = 1000;
  #isSwapping = false;
  #isFlipping = false;
  readonly #looks: EarlyLooks;

  constructor(options: RuleRunnerOptions) {
    this.#options = options;
    const { alerting, clock, logger } = options;
    this.#rules = options.rules;
    this.#judging = options.judging;
    this.#notifying = new Notifying(
      (isAhead) => alerting.stepInTurns(isAhead),
      (error) => logger.error({ err: error }, "notifying of alerts failed"),
    );
    const output: RuleHostOutput = {
      records: (rule, read) => this.#takeRecords(rule, read),
      followed: ({ name }, change) => logger.info({ rule: name, change }, "followed"),
      failed: (what, error, rule) => logger.error({ ...(rule && { rule: rule.name }), err: error }, what),
      trouble: (fault) => logger.warn(fault),
    };
    this.#host = new RuleHost(options.generations, clock, output, options.fuses);
    this.#looks = new EarlyLooks({
      ...{ logger, alerting, rules: this.#rules, judging: this.#judging, host: this.#host },
      moment: () => this.#moment(),
      isFlipping: () => this.#isFlipping,
      isStateLate: () => options.isStateLate?.() === true,
      onAlerts: () => void this.#notifying.run(0, true).then(options.onAhead),
    });
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
   * Replaces the running rules with those that were found. Resolves with diagnostics after the old
   * rules have ended.
   *
   * @param modulesChanged kernel modules were loaded or unloaded since the last call
   * @param readAtMs when reading the files began: the log has the time from there to attaching
   */
  async swap(
    found: Configuration,
    settings: Settings,
    readAtMs: number,
    modulesChanged: boolean,
  ): Promise<readonly Diagnostic[]> {
    this.#isSwapping = true;
    try {
      return await this.#swap(found, settings, readAtMs, modulesChanged);
    } finally {
      this.#isSwapping = false;
    }
  }

  /** True during a swap: the set of rules may lack one that is loaded, and is about to run. */
  get isSwapping(): boolean {
    return this.#isSwapping;
  }

  async #swap(
    found: Configuration,
    settings: Settings,
    readAtMs: number,
    modulesChanged: boolean,
  ): Promise<readonly Diagnostic[]> {
    const { limits, tickMs } = settings;
    this.#tickMs = tickMs;
    const { fuser, generations } = this.#host;
    const load = { kernel: this.#kernel, generations, fuser, memoryBytes: limits.memoryBytes };
    const swap = {
      ...{ load, tickMs, names: this.#host.names, modulesChanged, remember: this.#options.memory.remember },
      nowMs: () => this.#moment().bootMs,
      nowUnixMs: () => this.#moment().unixMs,
      judged: (rule: RunningRule) => this.#judging.settled(rule),
      isDue: this.#options.isDue ?? (() => false),
    };
    const swapped = await this.#holdingTypes(() => this.#rules.swap(found, swap));
    const { started, updated, ended, diagnostics } = swapped;
    for (const rule of [...this.#rules.rules, ...ended.map((each) => each.rule)]) rule.use(settings);
    const elapsedMs = this.#moment().bootMs - readAtMs;
    for (const rule of started) {
      this.#announce(rule, elapsedMs);
      this.#options.alerting.alerts({ rule: rule.name, ruleActions: rule.ruleActions, items: rule.firingEvents() });
    }
    for (const { rule, events } of updated) {
      this.#options.logger.info({ rule: rule.name }, "the rule's condition is unchanged: its state is kept");
      this.#options.alerting.alerts({ rule: rule.name, ruleActions: rule.ruleActions, items: events });
    }
    await Promise.all(ended.map(({ rule, reason }) => this.#end(rule, reason)));
    for (const { name, ruleActions } of this.#rules.rules) this.#options.alerting.name(name, ruleActions);
    this.#options.alerting.step();
    return diagnostics;
  }

  /** Reads the kernel's types once for all rules that are compiled meanwhile. */
  async #holdingTypes<Result>(during: () => Promise<Result>): Promise<Result> {
    this.#held.add(typesOf(this.#kernel));
    try {
      return await during();
    } finally {
      this.#held.clear();
    }
  }

  /**
   * Runs one tick for all rules: flips, waits until the idle generation is still, reads and judges
   * it. Resolves to true if that worked.
   */
  async tick(): Promise<boolean> {
    const { logger } = this.#options;
    try {
      const { idle, moment } = await this.#flip();
      for (const rule of this.#rules.rules) this.#judge(rule, idle, moment);
      const beganMs = this.#moment().bootMs;
      // Alerts that fire in one tick go out in one message, but do not wait too long for each
      // other.
      await this.#judging.idle(this.#tickMs / 2);
      // Judging and notifying must leave time before the next tick: a tick that takes longer
      // makes the next one be skipped.
      const leftMs = TICK_SHARE * this.#tickMs - (this.#moment().bootMs - beganMs);
      return await this.#notifying.run(Math.max(0, leftMs));
    } catch (error) {
      logger.error({ err: error }, "tick failed");
      return false;
    }
  }

  async #flip(): Promise<Flipped> {
    this.#isFlipping = true;
    try {
      return await this.#host.flip();
    } finally {
      this.#isFlipping = false;
    }
  }

  /** Ends the looks at rules before their ticks. */
  stopLooks(): void {
    this.#looks[Symbol.dispose]();
  }

  /**
   * Skips a rule whose last tick is still being judged: its counts wait in the kernel, and its next
   * tick reports the delay.
   */
  #judge(rule: RunningRule, idle: Generation, moment: FlipMoment): void {
    if (this.#judging.has(rule)) return;
    const { logger, alerting } = this.#options;
    const fail = (error: unknown): void => logger.error({ err: error, rule: rule.name }, "evaluating the rule failed");
    try {
      // What it recorded up to now is evidence of what it counted up to now.
      if (rule.hasEvidence || rule.hasWaitingRecords) this.#host.forwardRecords(rule);
      const pieces = rule.tickInPieces(idle, moment, alerting.lossOf(rule.name));
      const take = (items: readonly AlertEvent[]): void =>
        alerting.alerts({ rule: rule.name, ruleActions: rule.ruleActions, items });
      this.#judging.begin(rule, { pieces, take, fail });
      void this.#judging.settled(rule).then(() => this.#looks.lookIfWoken(rule));
      this.#reportLost(rule);
      if (rule.newFault !== undefined) logger.error({ rule: rule.name, fault: rule.newFault }, "rule degraded");
    } catch (error) {
      fail(error);
    }
  }

  /** Resolves when all counts up to the last tick have been judged and their alerts passed on. */
  async judged(): Promise<void> {
    await this.#judging.idle();
    await this.#notifying.ended();
  }

  /**
   * Lets all rules follow what they are attached to, and logs the changes. Resolves to true if that
   * worked; never rejects.
   */
  async follow(): Promise<boolean> {
    return this.#host.follow(() => this.#rules.rules);
  }

  /** Begins or ends measuring each rule of those that share a program. */
  measureParts(isMeasured: boolean): void {
    this.#host.fuser?.measureParts(isMeasured);
  }

  /** Ends the reading of other processes: work that waits for it goes on. */
  stopReading(): void {
    this.#host.stopReading();
  }

  /**
   * Detaches all rules. Alerts keep their state: a daemon that stops knows nothing about what it
   * watched.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stopReading();
    this.stopLooks();
    await this.#judging.idle();
    await Promise.all(this.#rules.clear().map((rule) => this.#detach(rule)));
    this.#host[Symbol.dispose]();
  }

  #announce(rule: RunningRule, elapsedMs: number): void {
    this.#host.watchRecords(rule);
    this.#looks.watch(rule);
    const { attached, refused, spec } = rule.object;
    const probes = [...new Set(attached.map(({ point }) => point))];
    const fields = { rule: rule.name, probes, kernelBytes: spec.memoryBytes, elapsedMs: Number(elapsedMs.toFixed(1)) };
    this.#options.logger.info(fields, "attached");
    if (refused.length > 0)
      this.#options.logger.warn({ rule: rule.name, refused }, "the kernel refused some probes: they are not watched");
  }

  async #end(rule: RunningRule, reason: string): Promise<void> {
    const { logger, alerting, memory } = this.#options;
    await this.#judging.settled(rule);
    memory.forget(rule.name);
    // A rule that takes its place may go on with its alerts: they do not end.
    const successor = this.#rules.get(rule.name);
    // One that was paused has handed over its state.
    if (successor?.state !== rule.state) {
      const items = rule.end(this.#moment().unixMs, reason).filter((event) => successor?.fires(event) !== true);
      alerting.alerts({ rule: rule.name, ruleActions: rule.ruleActions, items });
    }
    await this.#detach(rule);
    logger.info({ rule: rule.name, reason }, "detached");
  }

  /** Sends the remaining records of the ring after the rule is detached. */
  async #detach(rule: RunningRule): Promise<void> {
    const { logger } = this.#options;
    try {
      await using held = rule;
      await held.object.detach();
      this.#host.drainRecords(held);
    } catch (error) {
      logger.error({ err: error, rule: rule.name }, "detaching the rule failed");
    }
  }

  /**
   * Sends records to actions. If the rule has a threshold, they are evidence, not messages of their
   * own.
   */
  #takeRecords(rule: RunningRule, { records, errors }: ReadRecords): void {
    const { logger, alerting } = this.#options;
    for (const error of errors) logger.error({ rule: rule.name, error }, "a record could not be read");
    if (rule.built.rule.threshold !== undefined) return;
    alerting.records.take({ rule: rule.name, ruleActions: rule.ruleActions, items: records }, rule.built.rule.labels);
  }

  /** Adds a record about lost records. */
  #reportLost({ name, ruleActions, lostRecords, built: { rule } }: RunningRule): void {
    if (rule.threshold !== undefined) return;
    const { clock, alerting } = this.#options;
    const items = lostAsRecords(name, lostRecords, clock.unixNs());
    if (items.length > 0) alerting.records.take({ rule: name, ruleActions, items }, rule.labels);
  }

  #moment(): Moment {
    return momentOf(this.#options.clock);
  }
}

/** Returns undefined if the types cannot be read: each rule that needs them reports that. */
function typesOf(kernel: Kernel): Btf | undefined {
  try {
    return kernel.btf;
  } catch {
    return undefined;
  }
}
