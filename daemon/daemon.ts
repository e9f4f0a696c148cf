import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Diagnostic } from "../bpf/source/diagnostic.ts";
import { Alerting } from "./notify/alerting.ts";
import { Coalesced } from "./service/coalesced.ts";
import { deliveryNotices } from "./notify/notices/delivery-notices.ts";
import { isDaemonNotice } from "./notify/notices/daemon-notice-names.ts";
import { DaemonNotices } from "./notify/notices/daemon-notices.ts";
import { ControlDoor } from "./api/control-door.ts";
import { createControl } from "./control.ts";
import { DaemonState } from "./state/daemon-state.ts";
import { noticeFiles, noticeSettings } from "./notify/notices/file-notices.ts";
import { findConfiguration, type Configuration } from "./rules/find-configuration.ts";
import { startHeartbeat } from "./service/heartbeat.ts";
import { ModuleWatch } from "./run/module-watch.ts";
import type { PipelineState } from "./notify/stages/pipeline-state.ts";
import { removedActions } from "./notify/stages/removed-actions.ts";
import { openNotifier, type SettingsNotifier } from "./notify/open-notifier.ts";
import { IgnoredReport } from "./rules/report-ignored.ts";
import { reportDiagnostics, ReportedDiagnostics } from "./service/report-diagnostics.ts";
import { RuleRunner } from "./run/rule-runner.ts";
import type { KnownFiles } from "./rules/read-rule-folder.ts";
import type { Clock } from "./service/clock.ts";
import type { Logger } from "./service/logger.ts";
import { releaseMemory, startTrimming } from "./service/memory.ts";
import type { ServiceManager } from "./service/sd-notify.ts";
import { createTeardown } from "./service/teardown.ts";
import { areSameSettings } from "./settings/same-settings.ts";
import type { Settings } from "./settings/settings.ts";
import { SilenceEnds } from "./notify/silence-ends.ts";
import { SilenceBook } from "./state/silence-book.ts";
import { tellFaultsOnce } from "./notify/stage-faults.ts";
import { statusText } from "./run/status-text.ts";
import { startTickLoop, type TickLoop } from "./service/tick-loop.ts";
import { USER_AGENT } from "./version.ts";
import { watchFolder } from "./rules/watch-folder.ts";

const STOP_TIMEOUT_MS = 20_000;
/** CPUs come back, programs are replaced: how long it may take until the rules follow. */
const FOLLOW_MS = 2_000;
/** How long the start waits for that. */
const FIRST_FOLLOW_MS = 3_000;
const DELIVERY_DEADLINE_MS = 5_000;
/** Until then a delivery of an earlier process that fails again is not told of. */
const DELIVERIES_KNOWN_MS = 2 * 60_000;

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
 * Starts everything: this is where the stages meet. Resolves when every rule that can run does.
 * Throws ConfigurationError, AnotherDaemon, and KernelFactsError or BpfError where the host cannot
 * run it.
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
  readonly #reported = new ReportedDiagnostics();
  readonly #ignored = new IgnoredReport();
  readonly #knownFiles: KnownFiles = new Map();
  readonly #modules = new ModuleWatch();
  readonly #silences = new SilenceBook();
  readonly #silenceEnds: SilenceEnds;
  readonly #notices: DaemonNotices;
  readonly #state: DaemonState;
  #diagnostics: readonly Diagnostic[] = [];
  #settings: Settings | undefined;
  #hasSettingsFile = false;
  /** what was found last */
  #found: Configuration | undefined;
  #ticks: TickLoop | undefined;
  readonly #door: ControlDoor;
  readonly #startedAtMs: number;
  #faultyFiles = 0;
  #status = "";
  #stopping = false;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.bootMs();
    const onHeld = (): void => this.#state.keepSoon();
    this.#notifier = openNotifier({ userAgent: USER_AGENT, clock: options.clock, logger: options.logger, onHeld });
    this.#alerting = new Alerting({
      ...{ clock: options.clock, notifier: this.#notifier },
      rules: {
        muteOf: (rule) => this.#runner.muteOf(rule),
        refresh: (rule, event) => this.#runner.refresh(rule, event),
      },
      silences: () => this.#silences.list,
      onFault: tellFaultsOnce(options.logger),
    });
    this.#silenceEnds = new SilenceEnds({
      silences: () => this.#silences.list,
      nowUnixMs: () => options.clock.unixMs(),
      onEnd: (ended) => this.#alerting.wake(ended),
    });
    this.#notices = new DaemonNotices({ ...options, alerting: this.#alerting });
    this.#state = new DaemonState({
      ...options,
      ...{ alerting: this.#alerting, notifier: this.#notifier, notices: this.#notices, silences: this.#silences },
      rules: () => this.#runner.rules,
      whileStill: (rule, pieces) => this.#runner.whileStill(rule, pieces),
      onTakenUp: () => this.#heedTakenUp(),
    });
    this.#runner = new RuleRunner({
      ...options,
      alerting: this.#alerting,
      memory: {
        remember: (plan, identity) => this.#state.keeper?.remember(plan, identity),
        forget: (rule) => this.#state.keeper?.forget(rule),
      },
    });
    this.#door = this.#makeDoor();
    this.#teardown.add("store", () => this.#state[Symbol.asyncDispose]());
    this.#teardown.add("deliveries", () => this.#closeDeliveries());
    this.#teardown.add("rules", () => this.#runner[Symbol.asyncDispose]());
    this.#teardown.add("state", () => this.#state.close());
    this.#teardown.add("judging", () => this.#runner.judged());
    this.#teardown.add("silences", () => this.#silenceEnds[Symbol.dispose]());
    this.#teardown.add("ticks", () => this.#ticks?.stop());
    this.#teardown.add("reload", () => this.#reloads.idle());
    this.#teardown.add("control socket", () => this.#door[Symbol.asyncDispose]());
  }

  async start(): Promise<void> {
    const { logger, manager } = this.#options;
    // Before anything is read: a change during the start is seen, and answered after it.
    this.#watch();
    await this.#reloads.run();
    // What others' processes show may take long to read: the start does not wait for that.
    await Promise.race([this.#runner.follow(), setTimeout(FIRST_FOLLOW_MS, undefined, { ref: false })]);
    if (this.#settings !== undefined) await this.#door.open(this.#settings.socket);
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
    const trimming = startTrimming();
    this.#teardown.add("trimming", () => trimming[Symbol.dispose]());
    const following = startTickLoop(
      FOLLOW_MS,
      () => this.#options.clock.bootMs(),
      () => this.#follow(),
    );
    this.#teardown.add("following", () => following.stop());
    this.#teardown.add("reading", () => this.#runner.stopReading());
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
    const older = { settings: this.#settings, hasSettingsFile: this.#hasSettingsFile };
    const found = await findConfiguration(folder, hostname, older, this.#knownFiles);
    if (found.settings === undefined) {
      reportDiagnostics(logger, found.diagnostics);
      throw new ConfigurationError(found.diagnostics);
    }
    this.#hasSettingsFile = found.hasSettingsFile;
    const isFirst = this.#state.store === undefined;
    if (isFirst) {
      await this.#door.claim(found.settings.socket);
      await this.#state.open(found.settings);
    }
    const settingsPath = join(folder, "bpfwarden.yaml");
    if (!isFirst) noticeSettings(this.#notices, { diagnostics: found.diagnostics, settingsPath });
    await this.#useSettings(found.settings);
    this.#notifier.reopenLogs();
    if (isFirst && this.#state.store !== undefined) this.#notifier.open(this.#state.store);
    const refused = await this.#runner.swap(found, found.settings, readAtMs, this.#modules.changed());
    const diagnostics = [...found.diagnostics, ...refused];
    this.#diagnostics = diagnostics;
    this.#found = found;
    this.#endWhatIsGone(found);
    this.#silenceEnds.look();
    void this.#runner.follow();
    reportDiagnostics(logger, this.#reported.unreported(diagnostics));
    this.#ignored.tell(logger, found.ignored);
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    this.#faultyFiles = new Set(errors.map(({ span }) => span.source.path)).size;
    // What reading and compiling leave behind would stay until the heap has grown.
    releaseMemory();
  }

  /** Notices what files lack, and ends the alerts of rules that are not there any more. */
  #endWhatIsGone(found: Configuration): void {
    const remembered =
      this.#state.keeper?.rememberRunning(this.#runner.rules, found.isBroken) ?? new Map<string, string>();
    noticeFiles(this.#notices, {
      ...{ diagnostics: this.#diagnostics, remembered, found: found.rules },
      settingsPath: join(this.#options.folder, "bpfwarden.yaml"),
      running: new Map(this.#runner.rules.map(({ name, identity }) => [name, identity.path])),
    });
    this.#endOrphans(found, remembered);
  }

  /** What was found before the state was there counts for what it has brought, too. */
  #heedTakenUp(): void {
    this.#notices.open();
    if (this.#found !== undefined) this.#endWhatIsGone(this.#found);
    this.#silenceEnds.look();
  }

  /** The earlier process's report on an action holds until this process had time to find the same. */
  #noticeDeliveries(): void {
    const nowMs = this.#options.clock.bootMs();
    const notices = deliveryNotices(this.#notifier.receivers(), nowMs);
    if (notices.length === 0 && nowMs - this.#startedAtMs < DELIVERIES_KNOWN_MS) return;
    this.#notices.set("BpfwardenDeliveryFailing", notices, "no delivery of the action fails now");
  }

  #makeDoor(): ControlDoor {
    const { folder, clock, logger } = this.#options;
    const api = createControl({
      ...{ folder, clock, startedAtUnixMs: clock.unixMs(), alerting: this.#alerting, notifier: this.#notifier },
      silences: this.#silences,
      onSilencesChanged: () => this.#silenceEnds.look(),
      rules: () => this.#runner.rules,
      problems: () => this.#diagnostics,
      notices: () => this.#notices.list,
      state: () => ({ trouble: this.#state.store?.trouble, asideCount: this.#state.store?.asideCount ?? 0 }),
    });
    return new ControlDoor({ api, logger, folder });
  }

  async #closeDeliveries(): Promise<void> {
    this.#alerting.flushRecords();
    const left = await this.#notifier.close(DELIVERY_DEADLINE_MS);
    if (left.length > 0) this.#options.logger.warn({ deliveries: left.length }, "deliveries wait for the next start");
  }

  /**
   * Ends alerts whose rule is gone or judges otherwise now, such as those that an earlier process
   * left open. What runs of a file that cannot be read cannot be known, nor whether a rule that is
   * refused would still fire: their alerts wait.
   *
   * @param remembered the file of each rule that ran when it could last be read
   */
  #endOrphans({ rules: found }: Configuration, remembered: ReadonlyMap<string, string>): void {
    const running = new Map(this.#runner.rules.map((rule) => [rule.name, rule]));
    const inFiles = new Set(found.map(({ name }) => name.text));
    const isGone = (rule: string): boolean => !running.has(rule) && !inFiles.has(rule) && !remembered.has(rule);
    this.#alerting.endOrphans((rule, event) => {
      if (isDaemonNotice(event.rule)) return undefined;
      if (isGone(rule)) return "the rule was removed";
      return running.get(rule)?.fires(event) === false ? "the rule was changed" : undefined;
    });
    this.#state.keeper?.forgetGone(isGone);
  }

  async #useSettings(settings: Settings): Promise<void> {
    if (areSameSettings(settings, this.#settings)) return;
    this.#notifier.use(settings);
    const earlier = this.#settings === undefined ? this.#state.keeper?.rememberPipeline() : undefined;
    if (earlier !== undefined) this.#warnOfRemoved(earlier, settings);
    this.#alerting.use(settings, earlier);
    const hasOtherTick = this.#settings?.tickMs !== settings.tickMs;
    if (this.#settings === undefined) this.#notices.open();
    this.#settings = settings;
    if (!hasOtherTick) return;
    await this.#ticks?.stop();
    this.#ticks = startTickLoop(
      settings.tickMs,
      () => this.#options.clock.bootMs(),
      () => this.#tick(),
    );
  }

  #warnOfRemoved(earlier: PipelineState, { actions }: Settings): void {
    for (const [action, alerts] of removedActions(earlier, new Set(actions.keys())))
      this.#options.logger.warn(
        { action, alerts },
        `the action "${action}" was removed while no daemon ran: close the alerts there by hand that it was told of`,
      );
  }

  async #tick(): Promise<boolean> {
    this.#guarded(() => {
      this.#state.renew();
      this.#state.notice();
      this.#noticeDeliveries();
    });
    const succeeded = await this.#runner.tick();
    this.#guarded(() => {
      this.#state.keep();
      // Until the daemon is ready, systemd waits for that.
      if (this.#status === "" || this.#stopping) return;
      const status = this.#statusText();
      if (status !== this.#status) this.#options.manager.status(status);
      this.#status = status;
    });
    return succeeded;
  }

  /** A fault of ours in what stands around judging must not end the ticks. */
  #guarded(part: () => void): void {
    try {
      part();
    } catch (error) {
      this.#options.logger.error({ err: error }, "a part of the tick failed");
    }
  }

  /**
   * Rules follow what they are attached to; where modules have come or gone, rules that had no
   * probe, or another one, are looked at anew.
   */
  async #follow(): Promise<boolean> {
    if (!this.#stopping && this.#settings !== undefined) await this.#door.open(this.#settings.socket);
    const succeeded = await this.#runner.follow();
    try {
      if (!this.#stopping && this.#modules.differ()) await this.#reloads.run();
    } catch (error) {
      this.#options.logger.error({ err: error }, "modules changed; the rules run on as they were");
    }
    return succeeded;
  }

  #statusText(): string {
    return statusText(this.#runner.counts, this.#faultyFiles);
  }
}
