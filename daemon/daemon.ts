import { openGenerations } from "../bpf/load/generations.ts";
import { openKernel } from "../bpf/load/open-kernel.ts";
import type { Diagnostic } from "../bpf/source/diagnostic.ts";
import { Coalesced } from "./coalesced.ts";
import { findConfiguration, type Configuration } from "./find-configuration.ts";
import type { Notifier } from "./notify/notifier.ts";
import { openNotifier } from "./open-notifier.ts";
import { reportDiagnostics } from "./report-diagnostics.ts";
import { RuleSet, type Swap } from "./rule-set.ts";
import type { Moment, RunningRule } from "./running-rule.ts";
import { bootOffset } from "./sample/boot-clock.ts";
import { userNames } from "./sample/user-names.ts";
import type { Clock } from "./service/clock.ts";
import type { Logger } from "./service/logger.ts";
import type { ServiceManager } from "./service/sd-notify.ts";
import { createTeardown } from "./service/teardown.ts";
import type { ActionSettings, Settings } from "./settings/settings.ts";
import { startTickLoop } from "./tick-loop.ts";
import { watchFolder } from "./watch-folder.ts";

const STOP_TIMEOUT_MS = 20_000;
const DELIVERY_DEADLINE_MS = 5_000;

export interface DaemonOptions {
  /** holds `rules.d` and, where there are settings, `bpfwarden.yaml` */
  readonly folder: string;
  readonly hostname: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly manager: ServiceManager;
}

export interface Daemon {
  /** Reads settings and rules again. Resolves when the new set runs. */
  reload(): Promise<void>;
  /** Detaches everything, delivers what waits, and resolves when nothing of ours is in the kernel. */
  stop(): Promise<void>;
}

/** The settings are unusable, and there are no older ones to go on with. */
export class ConfigurationError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super("the settings cannot be used");
    this.diagnostics = diagnostics;
  }
}

/**
 * Starts everything: this is where the stages meet. Resolves when every rule that can run does. Throws ConfigurationError, and
 * KernelFactsError or BpfError where the host cannot run it.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const daemon = new RunningDaemon(options);
  try {
    await daemon.start();
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return daemon;
}

class RunningDaemon implements Daemon {
  readonly #options: DaemonOptions;
  readonly #kernel = openKernel();
  readonly #generations = openGenerations();
  readonly #rules = new RuleSet();
  readonly #teardown = createTeardown(STOP_TIMEOUT_MS);
  readonly #userName;
  readonly #reloads = new Coalesced(() => this.#load());
  #settings: Settings | undefined;
  #notifier: Notifier | undefined;
  #ticks: ReturnType<typeof startTickLoop> | undefined;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#userName = userNames(() => options.clock.bootMs());
    this.#teardown.add("generations", () => this.#generations[Symbol.dispose]());
    this.#teardown.add("deliveries", () => this.#notifier?.close(DELIVERY_DEADLINE_MS));
    this.#teardown.add("rules", () => this.#endAll());
    this.#teardown.add("ticks", () => this.#ticks?.stop());
  }

  async start(): Promise<void> {
    await this.#load();
    const { folder, logger } = this.#options;
    const watcher = await watchFolder(folder, () => void this.reload());
    this.#teardown.add("watcher", () => watcher.close());
    logger.info({ rules: this.#rules.rules.length }, "ready");
    this.#options.manager.ready(this.#statusText());
  }

  async reload(): Promise<void> {
    const { manager } = this.#options;
    manager.reloading();
    try {
      await this.#reloads.run();
    } catch (error) {
      this.#options.logger.error({ err: error }, "reload failed; the rules run on as they were");
    }
    manager.ready(this.#statusText());
  }

  async stop(): Promise<void> {
    const { manager, logger } = this.#options;
    manager.stopping("detaching");
    for (const { step, error } of await this.#teardown.run()) logger.error({ err: error }, `stopping ${step} failed`);
  }

  /** Reads what is in the folder and makes it what runs. */
  async #load(): Promise<void> {
    const startedMs = this.#options.clock.bootMs();
    const found = findConfiguration(this.#options.folder, this.#options.hostname, this.#settings);
    reportDiagnostics(this.#options.logger, found.diagnostics);
    if (found.settings === undefined) throw new ConfigurationError(found.diagnostics);
    await this.#useSettings(found.settings);
    const swap = this.#swap(found, found.settings, startedMs);
    reportDiagnostics(this.#options.logger, swap.diagnostics);
    await Promise.all(swap.ended.map(({ rule, reason }) => this.#end(rule, reason)));
    for (const { rule } of swap.ended) this.#options.logger.info({ rule: rule.name }, "detached");
    // What reading and compiling leave behind would stay until the heap has grown; the flag --expose-gc makes this possible.
    globalThis.gc?.();
  }

  async #useSettings(settings: Settings): Promise<void> {
    if (JSON.stringify(settings, jsonOfMaps) === JSON.stringify(this.#settings, jsonOfMaps)) return;
    const { clock, logger } = this.#options;
    const old = this.#notifier;
    this.#notifier = openNotifier(settings, { clock, logger });
    if (this.#settings?.tickMs !== settings.tickMs) {
      await this.#ticks?.stop();
      this.#ticks = startTickLoop(
        settings.tickMs,
        () => clock.bootMs(),
        () => this.#tick(),
      );
    }
    this.#settings = settings;
    void old?.close(DELIVERY_DEADLINE_MS);
  }

  #swap(found: Configuration, { limits, tickMs }: Settings, startedMs: number): Swap {
    const load = { kernel: this.#kernel, generations: this.#generations, memoryBytes: limits.memoryBytes };
    const bootMs = this.#options.clock.bootMs();
    const swap = this.#rules.swap(found, { load, tickMs, bootMs, userName: this.#userName });
    const elapsedMs = this.#options.clock.bootMs() - startedMs;
    for (const rule of swap.started) this.#announce(rule, elapsedMs);
    return swap;
  }

  #announce(rule: RunningRule, elapsedMs: number): void {
    rule.object.watchRecords(() => this.#forwardRecords(rule));
    const { attached, spec } = rule.object;
    const probes = [...new Set(attached.map(({ point }) => point))];
    const fields = { rule: rule.name, probes, kernelBytes: spec.memoryBytes, elapsedMs: Number(elapsedMs.toFixed(1)) };
    this.#options.logger.info(fields, "attached");
  }

  /** One tick for all rules: flip, wait until the idle generation is still, read it, judge. */
  async #tick(): Promise<void> {
    const { logger, manager } = this.#options;
    try {
      const idle = await this.#generations.flip();
      const moment = this.#moment();
      for (const rule of this.#rules.rules) {
        try {
          this.#notifier?.alerts(rule.name, rule.tick(idle, moment), this.#actionsOf(rule));
        } catch (error) {
          logger.error({ err: error, rule: rule.name }, "evaluating the rule failed");
        }
      }
      manager.alive();
    } catch (error) {
      logger.error({ err: error }, "tick failed");
    }
  }

  #forwardRecords(rule: RunningRule): void {
    const { clock, logger } = this.#options;
    const offsetNs = bootOffset(clock.unixNs(), clock.bootNs(), clock.unixNs());
    const { records, errors } = rule.readRecords(offsetNs);
    for (const error of errors) logger.error({ rule: rule.name, error }, "a record could not be read");
    // Beside a threshold, records are evidence, not messages of their own.
    if (rule.built.rule.threshold === undefined) {
      this.#notifier?.events(rule.name, records, rule.built.rule.labels, this.#actionsOf(rule));
    }
  }

  async #end(rule: RunningRule, reason: string): Promise<void> {
    await rule.object.detach();
    this.#forwardRecords(rule);
    this.#notifier?.alerts(rule.name, rule.end(this.#moment().unixMs, reason), this.#actionsOf(rule));
    await rule[Symbol.asyncDispose]();
  }

  /** Alerts stay as they are: a service that stops says nothing of what it watched. */
  async #endAll(): Promise<void> {
    const stop = async (rule: RunningRule): Promise<void> => {
      await rule.object.detach();
      this.#forwardRecords(rule);
      await rule[Symbol.asyncDispose]();
    };
    await Promise.all(this.#rules.clear().map(stop));
  }

  #actionsOf({ built }: RunningRule): readonly ActionSettings[] {
    const settings = this.#settings;
    if (settings === undefined) return [];
    const named = built.rule.actions.map(({ text }) => text);
    const names = named.length === 0 ? [settings.defaults.action] : named;
    return names.flatMap((name) => settings.actions.get(name) ?? []);
  }

  #moment(): Moment {
    return { bootMs: this.#options.clock.bootMs(), unixMs: this.#options.clock.unixMs() };
  }

  #statusText(): string {
    const { rules } = this.#rules;
    return `${rules.length} ${rules.length === 1 ? "rule" : "rules"} attached`;
  }
}

function jsonOfMaps(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}
