import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Generations, openGenerations } from "../bpf/load/generations.ts";
import { Alerting } from "./notify/alerting.ts";
import { Coalesced } from "./service/coalesced.ts";
import { Followers } from "./api/followers.ts";
import { HistoryRecorder } from "./notify/history-recorder.ts";
import { noticeDeliveries } from "./notify/notices/delivery-notices.ts";
import { DaemonNotices } from "./notify/notices/daemon-notices.ts";
import { Doors } from "./doors.ts";
import { DaemonState } from "./state/daemon-state.ts";
import type { UsableConfiguration } from "./rules/configuration-reader.ts";
import { startHeartbeat } from "./service/heartbeat.ts";
import { ModuleWatch } from "./run/module-watch.ts";
import { FoundFiles } from "./state/found-files.ts";
import { warnOfRemoved } from "./notify/stages/removed-actions.ts";
import { openDelivery, type OpenDelivery } from "./notify/open-delivery.ts";
import { type DaemonParts, openParts, type PartsHost } from "./state/open-parts.ts";
import { ruleLookup } from "./run/rule-lookup.ts";
import { notWhole } from "./run/wholeness.ts";
import { CpuWatch } from "./run/budget/cpu-watch.ts";
import { Judging } from "./run/judging.ts";
import { RuleRunner } from "./run/rule-runner.ts";
import { RuleSet } from "./run/rule-set.ts";
import type { RunningRule } from "./run/running-rule.ts";
import { stillWork } from "./run/still-work.ts";
import type { AlertEvent } from "./evaluate/alerts/alert.ts";
import { releaseMemory, startTrimming } from "./service/memory.ts";
import type { ServiceManager } from "./service/sd-notify.ts";
import { createTeardown, type Teardown } from "./service/teardown.ts";
import { areSameSettings } from "./settings/same-settings.ts";
import type { Settings } from "./settings/settings.ts";
import { Heartbeats } from "./notify/heartbeats.ts";
import { SilenceEnds } from "./notify/silence-ends.ts";
import { SilenceBook } from "./state/silence-book.ts";
import { StateKeeper } from "./state/state-keeper.ts";
import { tellFaultsOnce } from "./notify/stage-faults.ts";
import { statusText } from "./run/status-text.ts";
import { TickMeter } from "./service/tick-meter.ts";
import { startTickLoop, type TickLoop } from "./service/tick-loop.ts";
import { USER_AGENT } from "./version.ts";
import { watchFiles } from "./watch-files.ts";

const STOP_TIMEOUT_MS = 20_000;
/** The time between two looks at what rules follow: CPUs come back, programs are replaced. */
const FOLLOW_MS = 2_000;
/** The longest wait of the start for the first look. */
const FIRST_FOLLOW_MS = 3_000;
/** The time between two steps of measuring what rules cost. */
const MEASURE_MS = 1_000;
const DELIVERY_DEADLINE_MS = 5_000;

export interface DaemonOptions extends PartsHost {
  readonly manager: ServiceManager;
  /** true to join the programs of several rules at one place */
  readonly fuses: boolean;
}

export interface Daemon {
  /** Reads settings and rules again. Resolves when the new set runs. */
  reload(): Promise<void>;
  /** Detaches everything, delivers what waits, and resolves when nothing of ours is in the kernel. */
  stop(): Promise<void>;
}

/**
 * Starts everything: this is where the stages meet. Resolves when every rule that can run does.
 * Rejects with ConfigurationError or AnotherDaemon, and with KernelFactsError or BpfError if the
 * host cannot run it.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const generations = openGenerations();
  const teardown = createTeardown(STOP_TIMEOUT_MS);
  teardown.add("generations", () => generations[Symbol.dispose]());
  const { promise: started, resolve: start } = Promise.withResolvers<Daemon>();
  try {
    // Before anything is read: a change during the start is seen, and answered after it.
    watchFiles(options, teardown, started);
    const parts = { generations, teardown, ...(await openParts(options, teardown)) };
    const daemon = new RunningDaemon(options, parts);
    await daemon.start();
    start(daemon);
    return daemon;
  } catch (error) {
    await undo(options, teardown);
    throw error;
  }
}

async function undo({ manager, logger }: DaemonOptions, teardown: Teardown): Promise<void> {
  manager.stopping("detaching");
  for (const { step, error } of await teardown.run()) logger.error({ err: error }, `stopping ${step} failed`);
}

interface RunningParts extends DaemonParts {
  readonly generations: Generations;
  readonly teardown: Teardown;
}

class RunningDaemon implements Daemon {
  readonly #options: DaemonOptions;
  readonly #parts: RunningParts;
  readonly #delivery: OpenDelivery;
  readonly #recorder: HistoryRecorder;
  readonly #followers: Followers;
  readonly #alerting: Alerting;
  readonly #rules = new RuleSet();
  readonly #runner: RuleRunner;
  readonly #reloads = new Coalesced(() => this.#load());
  readonly #modules = new ModuleWatch();
  readonly #cpu: CpuWatch;
  readonly #silences: SilenceBook;
  readonly #silenceEnds: SilenceEnds;
  readonly #notices: DaemonNotices;
  readonly #heartbeats: Heartbeats;
  readonly #keeper: StateKeeper;
  readonly #state: DaemonState;
  readonly #files: FoundFiles;
  readonly #doors: Doors;
  readonly #meter = new TickMeter();
  #settings: Settings;
  #ticks: TickLoop;
  #status = "";
  #stopping = false;

  constructor(options: DaemonOptions, parts: RunningParts) {
    const { clock, logger } = options;
    const { found, generations, opened } = parts;
    const { settings } = found;
    this.#options = options;
    this.#parts = parts;
    this.#settings = settings;
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const judging = new Judging<RunningRule, AlertEvent>(() => clock.bootMs());
    const whileStill = stillWork(judging, this.#rules, logger);
    this.#keeper = new StateKeeper({ store: opened.store, clock, bootId, logger, whileStill });
    this.#silences = new SilenceBook(opened.store);
    const silences = (): SilenceBook["list"] => this.#silences.list;
    this.#followers = new Followers(clock);
    this.#recorder = new HistoryRecorder({ history: opened.store.history, clock, limits: settings.history });
    const [watch, follower] = [this.#recorder, this.#followers];
    this.#delivery = openDelivery({ userAgent: USER_AGENT, clock, logger, settings, watch });
    const { dispatcher, receivers } = this.#delivery;
    const saved = this.#keeper.rememberPipeline();
    if (saved !== undefined) warnOfRemoved(logger, saved, new Set(settings.actions.keys()));
    this.#alerting = new Alerting({
      ...{ clock, settings, saved, silences, dispatcher, receivers, watch, follower },
      ...{ rules: ruleLookup(this.#rules, logger), onFault: tellFaultsOnce(logger) },
    });
    this.#silenceEnds = new SilenceEnds({
      ...{ silences, nowUnixMs: () => clock.unixMs(), onEnd: (ended) => this.#alerting.wake(ended) },
    });
    this.#heartbeats = new Heartbeats({ clock, logger, receivers });
    this.#notices = new DaemonNotices({ clock, logger, alerting: this.#alerting });
    this.#state = new DaemonState({
      ...{ clock, logger, opened, keeper: this.#keeper, silences: this.#silences },
      ...{ dispatcher, alerting: this.#alerting, notices: this.#notices },
      rules: () => this.#rules.rules,
      isSwapping: () => this.#runner.isSwapping,
      onTakenUp: () => this.#heedTakenUp(),
    });
    this.#files = new FoundFiles({
      ...{ folder: options.folder, logger, found, rules: this.#rules, receivers },
      ...{ alerting: this.#alerting, notices: this.#notices, keeper: this.#keeper },
    });
    this.#runner = new RuleRunner({
      ...{ clock, logger, generations, judging, rules: this.#rules, alerting: this.#alerting },
      fuses: options.fuses,
      memory: {
        remember: (plan, identity) => this.#keeper.remember(plan, identity),
        forget: (rule) => this.#keeper.forget(rule),
      },
      isStateLate: () => this.#keeper.isLate,
      onAhead: () => this.#state.keep(),
      isDue: (rule) => this.#cpu.isDue(rule),
    });
    this.#cpu = this.#openCpuWatch();
    this.#doors = this.#makeDoors();
    this.#ticks = this.#startTicks();
    this.#registerSteps(parts.teardown);
  }

  #openCpuWatch(): CpuWatch {
    const { clock, logger } = this.#options;
    return new CpuWatch({
      ...{ clock, logger, rules: () => this.#rules.rules },
      limit: () => this.#settings.limits.cpu,
      measureParts: (isMeasured) => this.#runner.measureParts(isMeasured),
    });
  }

  /** Registers what `stop` does, the last step first. */
  #registerSteps(teardown: Teardown): void {
    teardown.add("deliveries", () => this.#closeDeliveries());
    teardown.add("rules", () => this.#runner[Symbol.asyncDispose]());
    teardown.add("state", () => this.#state.close());
    teardown.add("judging", () => this.#runner.judged());
    teardown.add("looks", () => this.#runner.stopLooks());
    teardown.add("silences", () => this.#silenceEnds[Symbol.dispose]());
    teardown.add("ticks", () => this.#ticks.stop());
    teardown.add("reload", () => this.#reloads.idle());
    teardown.add("control socket and HTTP", () => this.#doors[Symbol.asyncDispose]());
    teardown.add("followers", () => this.#followers.close());
  }

  async start(): Promise<void> {
    const { logger, manager } = this.#options;
    const { found, opened, startedAt, teardown } = this.#parts;
    this.#notices.open();
    this.#delivery.dispatcher.open(opened.store);
    await this.#run(found, startedAt.bootMs);
    // What others' processes show may take long to read: the start does not wait for that.
    await Promise.race([this.#runner.follow(), setTimeout(FIRST_FOLLOW_MS, undefined, { ref: false })]);
    await this.#doors.open(this.#settings);
    const { rules } = this.#runner.counts;
    if (rules === 0) logger.warn(`no rule runs: expected rules in "${join(this.#options.folder, "rules.d")}"`);
    logger.info({ rules }, "ready");
    this.#status = this.#statusText();
    manager.ready(this.#status);
    const heartbeat = startHeartbeat(
      () => this.#ticks,
      () => manager.alive(),
    );
    teardown.add("heartbeat", () => heartbeat[Symbol.dispose]());
    const trimming = startTrimming();
    teardown.add("trimming", () => trimming[Symbol.dispose]());
    const following = startTickLoop(
      FOLLOW_MS,
      () => this.#options.clock.bootMs(),
      () => this.#follow(),
    );
    teardown.add("following", () => following.stop());
    const measuring = startTickLoop(
      MEASURE_MS,
      () => this.#options.clock.bootMs(),
      () => this.#cpu.step(),
    );
    teardown.add("cost of rules", () => this.#cpu[Symbol.dispose]());
    teardown.add("measuring", () => measuring.stop());
    teardown.add("reading", () => this.#runner.stopReading());
  }

  async reload(): Promise<void> {
    if (this.#stopping) return;
    const { manager, logger } = this.#options;
    manager.reloading();
    try {
      await this.#reloads.run();
      logger.info({ rules: this.#runner.counts.rules, faultyFiles: this.#files.faultyCount }, "reloaded");
    } catch (error) {
      logger.error({ err: error }, "reload failed; the rules run on as they were");
    }
    this.#status = this.#statusText();
    // Systemd takes READY=1 after STOPPING=1 for a start.
    if (!this.#stopping) manager.ready(this.#status);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await undo(this.#options, this.#parts.teardown);
  }

  /** Reads the folder, and runs the rules that it holds. */
  async #load(): Promise<void> {
    const readAtMs = this.#options.clock.bootMs();
    const found = await this.#parts.reader.read();
    this.#files.noticeSettings(found);
    await this.#useSettings(found.settings);
    this.#delivery.receivers.reopenLogs();
    await this.#run(found, readAtMs);
  }

  /** Runs the rules that were found instead of those that ran. */
  async #run(found: UsableConfiguration, readAtMs: number): Promise<void> {
    const refused = await this.#runner.swap(found, found.settings, readAtMs, this.#modules.changed());
    this.#files.run(found, refused);
    this.#silenceEnds.look();
    void this.#runner.follow();
    this.#files.report();
    // What reading and compiling leave behind would stay until the heap has grown.
    releaseMemory();
  }

  /**
   * Applies the findings in files to the state of an earlier process, which was taken up only now.
   */
  #heedTakenUp(): void {
    this.#notices.open();
    this.#files.takeUp();
    this.#silenceEnds.look();
  }

  #makeDoors(): Doors {
    const { folder, clock, logger } = this.#options;
    const { opened, socketUse, startedAt } = this.#parts;
    return new Doors({
      ...{ folder, clock, logger, use: socketUse, startedAtUnixMs: startedAt.unixMs },
      ...{ alerting: this.#alerting, delivery: this.#delivery, silences: this.#silences },
      ...{ history: opened.store.history, recorder: this.#recorder, followers: this.#followers },
      onSilencesChanged: () => this.#silenceEnds.look(),
      rules: () => this.#rules.rules,
      problems: () => this.#files.diagnostics,
      notices: () => this.#notices.list,
      heartbeat: () => this.#heartbeats.standing,
      state: () => opened.store,
      health: {
        tickLateMs: () => this.#ticks.lateMs(),
        notReady: () => notWhole(this.#rules.rules, this.#files.faultyCount),
      },
      ticks: () => this.#meter.counts,
    });
  }

  async #closeDeliveries(): Promise<void> {
    this.#alerting.records.flush();
    const left = await this.#delivery.close(DELIVERY_DEADLINE_MS);
    if (left.length > 0) this.#options.logger.warn({ deliveries: left.length }, "deliveries wait for the next start");
  }

  async #useSettings(settings: Settings): Promise<void> {
    if (areSameSettings(settings, this.#settings)) return;
    const hasOtherTick = this.#settings.tickMs !== settings.tickMs;
    this.#settings = settings;
    this.#delivery.use(settings);
    this.#alerting.use(settings);
    this.#recorder.use(settings.history);
    await this.#doors.open(settings);
    if (!hasOtherTick) return;
    await this.#ticks.stop();
    this.#ticks = this.#startTicks();
  }

  #startTicks(): TickLoop {
    const { tickMs } = this.#settings;
    const nowMs = (): number => this.#options.clock.bootMs();
    return startTickLoop(tickMs, nowMs, (lagMs) => this.#meter.run(lagMs, tickMs, nowMs, () => this.#tick()));
  }

  async #tick(): Promise<boolean> {
    this.#guarded(() => {
      this.#state.renew();
      this.#state.notice();
      const { bootMs: startedAtMs } = this.#parts.startedAt;
      const nowMs = this.#options.clock.bootMs();
      noticeDeliveries(this.#notices, this.#delivery.dispatcher.receivers, { nowMs, startedAtMs });
    });
    const succeeded = await this.#runner.tick();
    this.#guarded(() => {
      this.#recorder.losses(this.#rules.rules);
      this.#followers.step();
      this.#state.keep();
      // Until the daemon is ready, systemd waits for that.
      if (this.#status === "" || this.#stopping) return;
      const status = this.#statusText();
      if (status !== this.#status) this.#options.manager.status(status);
      this.#status = status;
      if (succeeded) this.#heartbeats.step(this.#settings, notWhole(this.#rules.rules, this.#files.faultyCount));
    });
    return succeeded;
  }

  /** Runs a part of the tick that is not judging. A fault of ours in it must not end the ticks. */
  #guarded(part: () => void): void {
    try {
      part();
    } catch (error) {
      this.#options.logger.error({ err: error }, "a part of the tick failed");
    }
  }

  /**
   * Lets rules follow what they are attached to. If modules were loaded or unloaded, or the pause
   * of a rule has ended, reads the rules again: a rule may now find a probe that it lacked.
   */
  async #follow(): Promise<boolean> {
    if (!this.#stopping) await this.#doors.open(this.#settings);
    const succeeded = await this.#runner.follow();
    try {
      if (!this.#stopping) await this.#loadAgain();
    } catch (error) {
      this.#options.logger.error({ err: error }, "reading the rules again failed; they run on as they were");
    }
    return succeeded;
  }

  async #loadAgain(): Promise<void> {
    const { due } = this.#cpu;
    if (!this.#modules.differ() && due.length === 0) return;
    try {
      await this.#reloads.run();
    } finally {
      await this.#cpu.pauseAgain(due);
    }
  }

  #statusText(): string {
    return statusText(this.#runner.counts, this.#files.faultyCount);
  }
}
