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
/** An end waits so long until what is told may go out. */
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
  /** true while `rules` may lack one that is loaded: what was left of it has nowhere to go yet */
  readonly isSwapping: () => boolean;
  /** called when what an earlier process left could only be taken up after the start */
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
  /** what an earlier process left is there, and is to be taken up between two steps or swaps */
  #mustTakeUp = false;
  /** runs where something was told since the last `keep` */
  #soon: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: DaemonStateOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.bootMs();
  }

  /**
   * Where the state's files are gone or others now, everything is written again. What they give for
   * the first time is taken up.
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
    for (const rule of rules()) alerting.alerts({ rule: rule.name, named: rule.named, items: rule.firingEvents() });
    onTakenUp();
  }

  notice(): void {
    const { clock, notices, opened } = this.#options;
    const nowMs = clock.bootMs();
    noticeState(notices, {
      ...{ trouble: opened.store.trouble, movedTo: opened.store.movedTo },
      replacedAgoMs: nowMs - this.#replacedAtMs,
      startedAgoMs: nowMs - this.#startedAtMs,
    });
  }

  /**
   * To be called after each tick. Does not wait for the disk; what is told goes out once it is
   * there.
   */
  keep(): void {
    const { rules, alerting, keeper } = this.#options;
    const kept = this.#keepWith(() => keeper.keep(rules(), alerting));
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
    const { rules, alerting, keeper } = this.#options;
    this.#isClosed = true;
    this.renew();
    await Promise.race([
      this.#keepWith(() => keeper.close(rules(), alerting)),
      sleep(CLOSE_MS, undefined, { ref: false }),
    ]);
  }

  /**
   * Letters and the state by which they count as told are written together, or neither. Resolves
   * once letters may go.
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
