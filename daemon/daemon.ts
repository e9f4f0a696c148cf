import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "../bpf/source/diagnostic.ts";
import { Alerting } from "./alerting.ts";
import { startControlServer } from "./api/control-server.ts";
import { Coalesced } from "./coalesced.ts";
import { createControl } from "./control.ts";
import { findConfiguration, type Configuration } from "./find-configuration.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { ModuleWatch } from "./module-watch.ts";
import { Outbox } from "./outbox.ts";
import { openNotifier, type SettingsNotifier } from "./open-notifier.ts";
import { reportDiagnostics, ToldDiagnostics } from "./report-diagnostics.ts";
import { RuleRunner } from "./rule-runner.ts";
import type { KnownFiles } from "./rules/read-rule-folder.ts";
import type { Clock } from "./service/clock.ts";
import type { Logger } from "./service/logger.ts";
import type { ServiceManager } from "./service/sd-notify.ts";
import { createTeardown } from "./service/teardown.ts";
import type { Settings } from "./settings/settings.ts";
import { SilenceBook } from "./silence-book.ts";
import { StateKeeper } from "./state-keeper.ts";
import { statusText } from "./status-text.ts";
import { openStore, type Store } from "./store/store.ts";
import { startTickLoop, type TickLoop } from "./tick-loop.ts";
import { watchFolder } from "./watch-folder.ts";

const STOP_TIMEOUT_MS = 20_000;
/** CPUs come back, programs are replaced: how long it may take until the rules follow. */
const FOLLOW_MS = 2_000;
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
  readonly #notifier: SettingsNotifier;
  readonly #alerting: Alerting;
  readonly #runner: RuleRunner;
  readonly #teardown = createTeardown(STOP_TIMEOUT_MS);
  readonly #reloads = new Coalesced(() => this.#load());
  readonly #started = Promise.withResolvers<void>();
  readonly #told = new ToldDiagnostics();
  readonly #knownFiles: KnownFiles = new Map();
  readonly #modules = new ModuleWatch();
  readonly #silences = new SilenceBook();
  #diagnostics: readonly Diagnostic[] = [];
  #settings: Settings | undefined;
  #store: Store | undefined;
  #keeper: StateKeeper | undefined;
  #outbox: Outbox | undefined;
  #ticks: TickLoop | undefined;
  #faultyFiles = 0;
  #status = "";
  #stopping = false;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#notifier = openNotifier(options);
    this.#alerting = new Alerting({
      ...{ clock: options.clock, notifier: this.#notifier },
      rules: {
        muteOf: (rule) => this.#runner.muteOf(rule),
        refresh: (rule, event) => this.#runner.refresh(rule, event),
      },
      silences: () => this.#silences.list,
    });
    this.#runner = new RuleRunner({
      ...options,
      alerting: this.#alerting,
      memory: {
        remember: (plan, identity) => this.#keeper?.remember(plan, identity),
        forget: (rule) => this.#keeper?.forget(rule),
      },
    });
    this.#teardown.add("store", () => this.#store?.[Symbol.dispose]());
    this.#teardown.add("deliveries", () => this.#closeDeliveries());
    this.#teardown.add("rules", () => this.#runner[Symbol.asyncDispose]());
    this.#teardown.add("state", () => this.#keeper?.close(this.#runner.rules, this.#alerting.state));
    this.#teardown.add("ticks", () => this.#ticks?.stop());
    this.#teardown.add("reload", () => this.#reloads.idle());
  }

  async start(): Promise<void> {
    const { logger, manager } = this.#options;
    // Before anything is read: a change during the start is seen, and answered after it.
    this.#watch();
    await this.#reloads.run();
    await this.#runner.follow();
    if (this.#settings !== undefined) await this.#listen(this.#settings);
    const { rules } = this.#runner.counts;
    if (rules === 0) logger.warn(`no rule runs: expected rules in "${join(this.#options.folder, "rules.d")}"`);
    logger.info({ rules }, "ready");
    this.#status = this.#statusText();
    manager.ready(this.#status);
    const heartbeat = startHeartbeat(
      () => this.#ticks,
      () => manager.alive(),
    );
    this.#teardown.add("heartbeat", () => heartbeat[Symbol.dispose]());
    const following = startTickLoop(
      FOLLOW_MS,
      () => this.#options.clock.bootMs(),
      () => this.#follow(),
    );
    this.#teardown.add("following", () => following.stop());
    this.#started.resolve();
  }

  async reload(): Promise<void> {
    if (this.#stopping) return;
    const { manager, logger } = this.#options;
    manager.reloading();
    try {
      await this.#reloads.run();
      logger.info({ rules: this.#runner.counts.rules, faultyFiles: this.#faultyFiles }, "reloaded");
    } catch (error) {
      logger.error({ err: error }, "reload failed; the rules run on as they were");
    }
    this.#status = this.#statusText();
    // Systemd takes READY=1 after STOPPING=1 for a start.
    if (!this.#stopping) manager.ready(this.#status);
  }

  async stop(): Promise<void> {
    const { manager, logger } = this.#options;
    this.#stopping = true;
    manager.stopping("detaching");
    for (const { step, error } of await this.#teardown.run()) logger.error({ err: error }, `stopping ${step} failed`);
  }

  #watch(): void {
    const { folder, logger, clock } = this.#options;
    const watcher = watchFolder({
      folder,
      nowMs: () => clock.bootMs(),
      onChange: () => void this.#started.promise.then(() => this.reload()),
      onError: (error) => logger.error({ err: error }, "changes of files are not seen; SIGHUP reads them again"),
    });
    this.#teardown.add("watcher", () => watcher[Symbol.dispose]());
  }

  /** Reads what is in the folder and makes it what runs. */
  async #load(): Promise<void> {
    const { folder, hostname, logger, clock } = this.#options;
    const readAtMs = clock.bootMs();
    const found = findConfiguration(folder, hostname, this.#settings, this.#knownFiles);
    if (found.settings === undefined) {
      reportDiagnostics(logger, found.diagnostics);
      throw new ConfigurationError(found.diagnostics);
    }
    const isFirst = this.#store === undefined;
    if (isFirst) this.#openState(found.settings);
    await this.#useSettings(found.settings);
    if (isFirst) this.#resumeDeliveries(found.settings);
    const refused = await this.#runner.swap(found, found.settings, readAtMs, this.#modules.changed());
    if (isFirst) this.#endOrphans(found);
    void this.#runner.follow();
    const diagnostics = [...found.diagnostics, ...refused];
    this.#diagnostics = diagnostics;
    reportDiagnostics(logger, this.#told.untold(diagnostics));
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    this.#faultyFiles = new Set(errors.map(({ span }) => span.source.path)).size;
    // What reading and compiling leave behind would stay until the heap has grown; there with Node's flag --expose-gc.
    globalThis.gc?.();
  }

  /** Where state is kept is read once: another folder in the settings counts from the next start on. */
  #openState({ stateDir }: Settings): void {
    const { clock, logger } = this.#options;
    const store = openStore({ path: join(stateDir, "state.db"), logger, nowUnixMs: () => clock.unixMs() });
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    this.#store = store;
    this.#keeper = new StateKeeper({ store, clock, bootId, logger });
    this.#silences.open(store);
    this.#outbox = new Outbox({ store, clock });
  }

  /** What an earlier process could not deliver goes first. */
  #resumeDeliveries({ actions }: Settings): void {
    for (const { action, waiting } of this.#outbox?.open(actions) ?? []) {
      if (waiting !== undefined) this.#notifier.resume(waiting);
      else this.#options.logger.error({ action }, "delivery dropped: there is no such action any more");
    }
  }

  /** Where there can be no socket, rules run all the same. */
  async #listen({ socket }: Settings): Promise<void> {
    const { folder, clock, logger } = this.#options;
    const api = createControl({
      ...{ folder, clock, startedAtUnixMs: clock.unixMs(), alerting: this.#alerting, notifier: this.#notifier },
      silences: this.#silences,
      rules: () => this.#runner.rules,
      problems: () => this.#diagnostics,
      stateTrouble: () => this.#store?.trouble,
    });
    try {
      const server = await startControlServer({ path: socket, api, logger });
      this.#teardown.add("control socket", async () => server[Symbol.asyncDispose]());
    } catch (error) {
      logger.error({ err: error }, "there is no control socket: status, silence and drill cannot reach this daemon");
    }
  }

  async #closeDeliveries(): Promise<void> {
    const left = await this.#notifier.close(DELIVERY_DEADLINE_MS);
    this.#outbox?.keep(left);
    if (left.length > 0) this.#options.logger.warn({ deliveries: left.length }, "deliveries wait for the next start");
  }

  /** Alerts that were left open by an earlier process, and whose rule is gone or judges otherwise now. */
  #endOrphans({ diagnostics }: Configuration): void {
    // What runs of a faulty file cannot be known: its alerts wait until it is whole again.
    const isWhole = diagnostics.every(({ severity }) => severity !== "error");
    this.#alerting.endOrphans((rule, event) => {
      const fires = this.#runner.fires(rule, event);
      if (fires === undefined) return isWhole ? "the rule was removed" : undefined;
      return fires ? undefined : "the rule was changed";
    });
  }

  async #useSettings(settings: Settings): Promise<void> {
    if (JSON.stringify(settings, jsonOfMaps) === JSON.stringify(this.#settings, jsonOfMaps)) return;
    this.#notifier.use(settings);
    this.#alerting.use(settings, this.#settings === undefined ? this.#keeper?.rememberPipeline() : undefined);
    const hasOtherTick = this.#settings?.tickMs !== settings.tickMs;
    this.#settings = settings;
    if (!hasOtherTick) return;
    await this.#ticks?.stop();
    this.#ticks = startTickLoop(
      settings.tickMs,
      () => this.#options.clock.bootMs(),
      () => this.#tick(),
    );
  }

  async #tick(): Promise<boolean> {
    const succeeded = await this.#runner.tick();
    // With the state by which they count as told, or neither.
    this.#outbox?.keep(this.#notifier.waiting());
    this.#keeper?.keep(this.#runner.rules, this.#alerting.state);
    const status = this.#statusText();
    if (status !== this.#status && !this.#stopping) this.#options.manager.status(status);
    this.#status = status;
    return succeeded;
  }

  /** Rules follow what they are attached to; where modules have come or gone, rules that had no probe, or another one, are looked at anew. */
  async #follow(): Promise<boolean> {
    const succeeded = await this.#runner.follow();
    if (this.#stopping || !this.#modules.differ()) return succeeded;
    try {
      await this.#reloads.run();
    } catch (error) {
      this.#options.logger.error({ err: error }, "modules changed; the rules run on as they were");
    }
    return succeeded;
  }

  #statusText(): string {
    return statusText(this.#runner.counts, this.#faultyFiles);
  }
}

function jsonOfMaps(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}
