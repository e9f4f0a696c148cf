import { setTimeout as sleep } from "node:timers/promises";
import type { Alerting } from "../notify/alerting.ts";
import type { DaemonNotices } from "../notify/notices/daemon-notices.ts";
import type { Dispatcher } from "../notify/queue/dispatcher.ts";
import type { RunningRule } from "../run/running-rule.ts";
import type { Clock } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import type { SilenceBook } from "./silence-book.ts";
import { noticeState } from "../notify/notices/state-notices.ts";
import type { OpenState } from "./open-state.ts";
import type { StateKeeper } from "./state-keeper.ts";

/** Notified alerts are saved within this time, at the end of a tick. A tick takes less. */
const SOON_MS = 100;
/** Stopping waits at most this long for the state to be saved. */
const CLOSE_MS = 500;

export interface DaemonStateOptions {
  readonly opened: Pick<OpenState, "lock" | "store">;
  readonly keeper: StateKeeper;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly alerting: Alerting;
  readonly dispatcher: Dispatcher;
  readonly notices: DaemonNotices;
  readonly silences: SilenceBook;
  readonly rules: () => readonly RunningRule[];
  /** true while `rules` may lack one that is loaded: restored alerts of it would be lost */
  readonly isSwapping: () => boolean;
  /**
   * called after the state of an earlier process was taken up, if that was only possible after the
   * start
   */
  readonly onTakenUp: () => void;
}

/**
 * Keeps what survives a restart, after each tick. Takes it up when the files can only be opened
 * after the start, and writes it again when the files are others.
 */
export class DaemonState {
  readonly #options: DaemonStateOptions;
  readonly #startedAtMs: number;
  #replacedAtMs = -Infinity;
  /**
   * true if the state of an earlier process could be opened and is to be taken up between two steps
   * or swaps
   */
  #mustTakeUp = false;
  /** runs if something was notified since the last `keep` */
  #soon: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: DaemonStateOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.bootMs();
    options.dispatcher.whenHeld(() => this.keepSoon());
  }

  /**
   * Writes everything again if the state's files were removed or replaced. Takes up the state of an
   * earlier process if the files could be opened only now.
   */
  renew(): void {
    const { alerting, clock, keeper, dispatcher, silences, isSwapping } = this.#options;
    const { lock, store } = this.#options.opened;
    if (!this.#isClosed) lock.look();
    const renewal = store.renew();
    if (renewal !== undefined) silences.renew(clock.unixMs());
    if (renewal === "opened") {
      dispatcher.open(store);
      this.#mustTakeUp = true;
    }
    if (renewal === "anew") this.#mustTakeUp = false;
    if (this.#mustTakeUp && !alerting.isStepping && !isSwapping()) this.#takeUp();
    if (renewal !== "anew") return;
    keeper.renew();
    dispatcher.renew();
    this.#replacedAtMs = clock.bootMs();
  }

  #takeUp(): void {
    const { alerting, keeper, rules, onTakenUp } = this.#options;
    this.#mustTakeUp = false;
    keeper.takeUp(rules());
    const earlier = keeper.rememberPipeline();
    if (earlier !== undefined) alerting.takeUp(earlier);
    for (const rule of rules())
      alerting.alerts({ rule: rule.name, ruleActions: rule.ruleActions, items: rule.firingEvents() });
    onTakenUp();
  }

  notice(): void {
    const { clock, notices, opened } = this.#options;
    const nowMs = clock.bootMs();
    noticeState(notices, {
      ...{ trouble: opened.store.trouble, waitingTrouble: opened.store.waitingTrouble },
      movedTo: opened.store.movedTo,
      replacedAgoMs: nowMs - this.#replacedAtMs,
      startedAgoMs: nowMs - this.#startedAtMs,
    });
  }

  /**
   * Saves what changed; to be called after each tick. It does not wait for the disk: letters go out
   * once the state is written.
   */
  keep(): void {
    const { rules, alerting, keeper } = this.#options;
    const kept = this.#keepWith(() => keeper.keep(rules(), alerting));
    kept.catch((error: unknown) =>
      this.#options.logger.error({ err: error }, "the state of alerts could not be saved"),
    );
  }

  /**
   * Saves before the next tick what was notified between two ticks, or by a step that takes longer
   * than one.
   */
  keepSoon(): void {
    if (!this.#isClosed) this.#soon ??= setTimeout(() => this.keep(), SOON_MS).unref();
  }

  /**
   * Saves everything before the daemon stops. No tick comes any more that would look at the files,
   * so this does. Resolves once letters may go out, or after `CLOSE_MS`.
   */
  async close(): Promise<void> {
    const { rules, alerting, keeper } = this.#options;
    this.#isClosed = true;
    this.renew();
    await Promise.race([
      this.#keepWith(() => keeper.close(rules(), alerting)),
      sleep(CLOSE_MS, undefined, { ref: false }),
    ]);
  }

  /**
   * Writes letters together with the state in which their alerts are notified: both are saved or
   * neither is. Resolves once these letters may go out.
   */
  async #keepWith(write: () => Promise<void>): Promise<void> {
    const { dispatcher } = this.#options;
    const held = dispatcher.keep();
    clearTimeout(this.#soon);
    this.#soon = undefined;
    await write();
    dispatcher.letGo(held);
  }
}
