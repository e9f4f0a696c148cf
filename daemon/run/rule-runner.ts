import type { Generation } from "../../bpf/load/generations.ts";
import type { Btf, Kernel } from "../../bpf/kernel/kernel.ts";
import { openKernel } from "../../bpf/load/open-kernel.ts";
import type { Alerting } from "../notify/alerting.ts";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { RulePlan, RuleState } from "../evaluate/rule-state.ts";
import { Judging } from "./judging.ts";
import type { RuleIdentity } from "./reload-plan.ts";
import type { MuteWindow } from "../settings/mute-window.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Configuration } from "../rules/find-configuration.ts";
import type { FlipMoment } from "./flip.ts";
import { lostAsRecords } from "./lost-records.ts";
import { RuleHost } from "./rule-host.ts";
import { RuleSet } from "./rule-set.ts";
import type { ReadRecords, RunningRule } from "./running-rule.ts";
import { momentOf, type Clock, type Moment } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { Telling } from "../notify/telling.ts";

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

/** A tick waits for judging and telling this part of its time at most; what is not done by then goes on beside the next ones. */
const TICK_SHARE = 0.75;

/** The rules in the kernel, and what comes out of them. */
export class RuleRunner implements AsyncDisposable {
  readonly #options: RuleRunnerOptions;
  readonly #kernel = openKernel({ letsGoOfTypes: true });
  /** the kernel's types while rules are compiled */
  readonly #held = new Set<Btf | undefined>();
  readonly #rules = new RuleSet();
  readonly #host: RuleHost;
  readonly #telling: Telling;
  readonly #judging = new Judging<RunningRule, AlertEvent>(() => this.#options.clock.bootMs());
  #tickMs = 1000;

  constructor(options: RuleRunnerOptions) {
    this.#options = options;
    const { alerting, logger } = options;
    this.#telling = new Telling(
      () => alerting.stepInTurns(),
      (error) => logger.error({ err: error }, "telling of alerts failed"),
    );
    this.#host = new RuleHost(options.clock, {
      records: (rule, read) => this.#takeRecords(rule, read),
      followed: ({ name }, change) => logger.info({ rule: name, change }, "followed"),
      failed: (what, error, rule) => logger.error({ ...(rule && { rule: rule.name }), err: error }, what),
      trouble: (fault) => logger.warn(fault),
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
    this.#tickMs = tickMs;
    const load = { kernel: this.#kernel, generations: this.#host.generations, memoryBytes: limits.memoryBytes };
    const swap = {
      ...{ load, tickMs, names: this.#host.names, modulesChanged, remember: this.#options.memory.remember },
      nowMs: () => this.#moment().bootMs,
      nowUnixMs: () => this.#moment().unixMs,
      judged: (rule: RunningRule) => this.#judging.settled(rule),
    };
    const swapped = await this.#holdingTypes(() => this.#rules.swap(found, swap));
    const { started, presented, ended, diagnostics } = swapped;
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
    for (const { name, named } of this.#rules.rules) this.#options.alerting.name(name, named);
    this.#options.alerting.step();
    return diagnostics;
  }

  /** Has the kernel's types read once, however many rules are compiled meanwhile. */
  async #holdingTypes<Result>(during: () => Promise<Result>): Promise<Result> {
    this.#held.add(typesOf(this.#kernel));
    try {
      return await during();
    } finally {
      this.#held.clear();
    }
  }

  /** One tick for all rules: flip, wait until the idle generation is still, read it, judge. Gives whether that worked. */
  async tick(): Promise<boolean> {
    const { logger } = this.#options;
    try {
      const { idle, moment } = await this.#host.flip();
      for (const rule of this.#rules.rules) this.#judge(rule, idle, moment);
      const beganMs = this.#moment().bootMs;
      // What fires in one tick is told in one message, but for no longer than others can wait for theirs.
      await this.#judging.idle(this.#tickMs / 2);
      // Judging and telling together leave room for the next tick: one that is not over when that is due would have it left out.
      const leftMs = TICK_SHARE * this.#tickMs - (this.#moment().bootMs - beganMs);
      return await this.#telling.tell(Math.max(0, leftMs));
    } catch (error) {
      logger.error({ err: error }, "tick failed");
      return false;
    }
  }

  /** A rule whose last tick is still being judged is left out: what it counts waits in the kernel, and its next tick says that it is late. */
  #judge(rule: RunningRule, idle: Generation, moment: FlipMoment): void {
    if (this.#judging.has(rule)) return;
    const { logger, alerting } = this.#options;
    const fail = (error: unknown): void => logger.error({ err: error, rule: rule.name }, "evaluating the rule failed");
    try {
      // What it recorded up to now is evidence of what it counted up to now.
      if (rule.hasEvidence || rule.hasWaitingRecords) this.#host.forwardRecords(rule);
      const pieces = rule.tickInPieces(idle, moment, alerting.lossOf(rule.name));
      const take = (items: readonly AlertEvent[]): void =>
        alerting.alerts({ rule: rule.name, named: rule.named, items });
      this.#judging.begin(rule, { pieces, take, fail });
      this.#tellLost(rule);
      if (rule.newFault !== undefined) logger.error({ rule: rule.name, fault: rule.newFault }, "rule degraded");
    } catch (error) {
      fail(error);
    }
  }

  /** Has work on what is known of a rule done a slice at a time, while nothing is judged of it. */
  whileStill(name: string, pieces: Iterator<readonly never[], void>): void {
    const rule = this.#named(name);
    if (rule === undefined) return;
    const fail = (error: unknown): void =>
      this.#options.logger.error({ err: error, rule: name }, "keeping the rule's state failed");
    this.#judging.after(rule, { pieces, take: () => undefined, fail });
  }

  /** Resolves once what was counted up to the last tick has been judged, and told of. */
  async judged(): Promise<void> {
    await this.#judging.idle();
    await this.#telling.ended();
  }

  /** When nobody hears of a rule's alerts; never where there is no such rule. */
  muteOf(rule: string): readonly MuteWindow[] {
    return this.#named(rule)?.built.rule.mute ?? [];
  }

  /** An alert's event with the values of now, where its rule still runs. A fault of ours in one must not keep others from being told. */
  refresh(rule: string, event: AlertEvent): AlertEvent {
    try {
      return this.#named(rule)?.refresh(event) ?? event;
    } catch (error) {
      this.#options.logger.error({ err: error, rule }, "an alert is told with the values that it had before");
      return event;
    }
  }

  get rules(): readonly RunningRule[] {
    return this.#rules.rules;
  }

  #named(name: string): RunningRule | undefined {
    return this.#rules.rules.find((rule) => rule.name === name);
  }

  /** Lets all rules follow what they are attached to, and logs what changed. Returns whether that worked; never rejects. */
  async follow(): Promise<boolean> {
    return this.#host.follow(() => this.#rules.rules);
  }

  /** Ends what is being read of other processes: who waits for it goes on. */
  stopReading(): void {
    this.#host.stopReading();
  }

  /** Alerts stay as they are: a service that stops says nothing of what it watched. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stopReading();
    await this.#judging.idle();
    await Promise.all(this.#rules.clear().map((rule) => this.#detach(rule)));
    this.#host[Symbol.dispose]();
  }

  #announce(rule: RunningRule, elapsedMs: number): void {
    this.#host.watchRecords(rule);
    const { attached, refused, spec } = rule.object;
    const probes = [...new Set(attached.map(({ point }) => point))];
    const fields = { rule: rule.name, probes, kernelBytes: spec.memoryBytes, elapsedMs: Number(elapsedMs.toFixed(1)) };
    this.#options.logger.info(fields, "attached");
    if (refused.length > 0)
      this.#options.logger.warn({ rule: rule.name, refused }, "the kernel refused some probes, which are not watched");
  }

  async #end(rule: RunningRule, reason: string): Promise<void> {
    const { logger, alerting, memory } = this.#options;
    await this.#judging.settled(rule);
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
      this.#host.drainRecords(held);
    } catch (error) {
      logger.error({ err: error, rule: rule.name }, "detaching the rule failed");
    }
  }

  /** Beside a threshold, records are evidence, not messages of their own. */
  #takeRecords(rule: RunningRule, { records, errors }: ReadRecords): void {
    const { logger, alerting } = this.#options;
    for (const error of errors) logger.error({ rule: rule.name, error }, "a record could not be read");
    if (rule.built.rule.threshold !== undefined) return;
    const told = { rule: rule.name, named: rule.named, items: records };
    alerting.records(told, rule.built.rule.labels);
  }

  /** A gap among records is a record of its own. */
  #tellLost({ name, named, lostRecords, built: { rule } }: RunningRule): void {
    if (rule.threshold !== undefined) return;
    const { clock, alerting } = this.#options;
    const items = lostAsRecords(name, lostRecords, clock.unixNs());
    if (items.length > 0) alerting.records({ rule: name, named, items }, rule.labels);
  }

  #moment(): Moment {
    return momentOf(this.#options.clock);
  }
}

/** Undefined where they cannot be read: each rule that needs them says so. */
function typesOf(kernel: Kernel): Btf | undefined {
  try {
    return kernel.btf;
  } catch {
    return undefined;
  }
}
