import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Alerting } from "../notify/alerting.ts";
import type { DaemonNotices } from "../notify/notices/daemon-notices.ts";
import type { SettingsNotifier } from "../notify/open-notifier.ts";
import type { RunningRule } from "../run/running-rule.ts";
import type { Clock } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { type SilenceBook, SILENCES } from "./silence-book.ts";
import { AnotherDaemon, SoleUse } from "../service/sole-use.ts";
import { noticeState } from "../notify/notices/state-notices.ts";
import { KEPT_KINDS } from "./kept-kinds.ts";
import { StateKeeper, type StateKeeperOptions } from "./state-keeper.ts";
import { openStore, type Store } from "../store/store.ts";

/** Notified alerts are saved within this time, at the end of a tick. A tick takes less. */
const SOON_MS = 100;
/** An end waits so long until what is told may go out. */
const CLOSE_MS = 500;

/** The lock's file is looked after this seldom. */
const CLAIM_MS = 1_000;

export interface DaemonStateOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly alerting: Alerting;
  readonly notifier: SettingsNotifier;
  readonly notices: DaemonNotices;
  readonly silences: SilenceBook;
  readonly rules: () => readonly RunningRule[];
  /** has work on a rule's state done while nothing changes it */
  readonly whileStill: NonNullable<StateKeeperOptions["whileStill"]>;
  /** called when what an earlier process left could only be taken up after the start */
  readonly onTakenUp: () => void;
}

/**
 * What survives a restart: where it is kept, and what happens once the files can be opened, or are
 * others.
 */
export class DaemonState implements AsyncDisposable {
  readonly #options: DaemonStateOptions;
  readonly #startedAtMs: number;
  readonly #use = new SoleUse("the state folder");
  #stateDir = "";
  #store: Store | undefined;
  #keeper: StateKeeper | undefined;
  #replacedAtMs = -Infinity;
  /** what an earlier process left is there, and is to be taken up between two steps */
  #mustTakeUp = false;
  /** runs where something was told since the last `keep` */
  #soon: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isClaiming = false;
  #claimedAtMs = 0;
  /** why it could not be locked the last time */
  #lockFault: string | undefined;

  constructor(options: DaemonStateOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.bootMs();
  }

  /** Undefined before `open`. */
  get store(): Store | undefined {
    return this.#store;
  }

  get keeper(): StateKeeper | undefined {
    return this.#keeper;
  }

  /**
   * Where state is kept is read once: another folder in the settings counts from the next start on.
   * Rejects with AnotherDaemon where another one has it.
   */
  async open({ stateDir }: Settings): Promise<void> {
    const { clock, logger, silences, whileStill } = this.#options;
    this.#stateDir = stateDir;
    await this.#claim();
    const store = await openStore({
      path: join(stateDir, "state.db"),
      kinds: [SILENCES, ...KEPT_KINDS],
      logger,
      nowUnixMs: () => clock.unixMs(),
      nowMs: () => clock.bootMs(),
    });
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    this.#store = store;
    this.#keeper = new StateKeeper({ store, clock, bootId, logger, whileStill });
    silences.open(store);
  }

  /**
   * Where the state's files are gone or others now, everything is written again. What they give for
   * the first time is taken up.
   */
  renew(): void {
    const { alerting, clock, notifier, silences } = this.#options;
    this.#lookAtLock();
    const renewal = this.#store?.renew();
    if (renewal !== undefined) silences.renew(clock.unixMs());
    if (renewal === "opened" && this.#store !== undefined) {
      notifier.open(this.#store);
      this.#mustTakeUp = true;
    }
    if (renewal === "anew") this.#mustTakeUp = false;
    if (this.#mustTakeUp && !alerting.isStepping) this.#takeUp();
    if (renewal !== "anew") return;
    this.#keeper?.renew();
    notifier.renew();
    this.#replacedAtMs = clock.bootMs();
  }

  /**
   * Where somebody has removed the lock's file, as with the whole folder, another daemon would find
   * none.
   */
  #lookAtLock(): void {
    const nowMs = this.#options.clock.bootMs();
    if (this.#isClosed || this.#isClaiming || Math.abs(nowMs - this.#claimedAtMs) < CLAIM_MS) return;
    this.#claimedAtMs = nowMs;
    void this.#claim();
  }

  /** Where there can be no lock, rules run all the same. */
  async #claim(): Promise<void> {
    this.#isClaiming = true;
    try {
      await this.#use.claim(this.#stateDir, join(this.#stateDir, "daemon.lock"));
      this.#lockFault = undefined;
    } catch (error) {
      if (error instanceof AnotherDaemon && this.#store === undefined) throw error;
      const message = "the state folder cannot be locked: whether another daemon uses it, too, cannot be known";
      const fault = String(error);
      if (fault !== this.#lockFault) this.#options.logger.warn({ err: error }, message);
      this.#lockFault = fault;
    } finally {
      this.#isClaiming = false;
    }
  }

  #takeUp(): void {
    const { alerting, rules, onTakenUp } = this.#options;
    this.#mustTakeUp = false;
    this.#keeper?.takeUp(rules());
    const earlier = this.#keeper?.rememberPipeline();
    if (earlier !== undefined) alerting.takeUp(earlier);
    for (const rule of rules()) alerting.alerts({ rule: rule.name, named: rule.named, items: rule.firingEvents() });
    onTakenUp();
  }

  notice(): void {
    const nowMs = this.#options.clock.bootMs();
    noticeState(this.#options.notices, {
      ...{ trouble: this.#store?.trouble, movedTo: this.#store?.movedTo },
      replacedAgoMs: nowMs - this.#replacedAtMs,
      startedAgoMs: nowMs - this.#startedAtMs,
    });
  }

  /**
   * To be called after each tick. Does not wait for the disk; what is told goes out once it is
   * there.
   */
  keep(): void {
    const { rules, alerting } = this.#options;
    const kept = this.#keepWith((keeper) => keeper.keep(rules(), alerting));
    kept.catch((error: unknown) => this.#options.logger.error({ err: error }, "what was told could not be kept"));
  }

  /**
   * What is told between two ticks, or by a step that goes on for longer than one, does not wait
   * for the next.
   */
  keepSoon(): void {
    if (!this.#isClosed) this.#soon ??= setTimeout(() => this.keep(), SOON_MS).unref();
  }

  /**
   * Before the end. A write that is to begin anew would wait for the next tick, which does not
   * come. Resolves once what is told may go out, or after a moment.
   */
  async close(): Promise<void> {
    const { rules, alerting } = this.#options;
    this.#isClosed = true;
    this.renew();
    await Promise.race([
      this.#keepWith((keeper) => keeper.close(rules(), alerting)),
      sleep(CLOSE_MS, undefined, { ref: false }),
    ]);
  }

  /**
   * Letters and the state by which they count as told are written together, or neither. Resolves
   * once letters may go.
   */
  async #keepWith(write: (keeper: StateKeeper) => Promise<void>): Promise<void> {
    const { notifier } = this.#options;
    const held = notifier.keep();
    clearTimeout(this.#soon);
    this.#soon = undefined;
    if (this.#keeper !== undefined) await write(this.#keeper);
    notifier.letGo(held);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store?.[Symbol.asyncDispose]();
    await this.#use[Symbol.asyncDispose]();
  }
}
