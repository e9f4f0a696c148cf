import { setTimeout as wait } from "node:timers/promises";
import { compared, type SentReport } from "./page-changes.ts";
import type { PageMessage, PageReport, PageRuleView } from "./page-report.ts";

/** Making a report takes at most this share of a core, however many keys there are. */
const SHARE = 0.05;

export interface PageFeedOptions {
  readonly nowMs: () => number;
  readonly nowUnixMs: () => number;
  /** makes the lists that all followers see */
  readonly report: () => Omit<PageReport, "views">;
  readonly view: (rule: string) => PageRuleView;
  /** the time between two messages */
  readonly turnMs: number;
  readonly maxFollowers: number;
  /** called with an error of ours: the page stays as it is */
  readonly onFault: (error: unknown) => void;
}

/** The lists of one turn. */
interface Turn {
  readonly atUnixMs: number;
  readonly report: Omit<PageReport, "views">;
  readonly views: ReadonlyMap<string, PageRuleView>;
}

/**
 * Makes messages for those who look at the page, and nothing while nobody does. Each follower gets
 * what has changed since its own last message. So one that reads slowly gets fewer messages, and
 * nothing waits for it in memory.
 */
export class PageFeed {
  readonly #options: PageFeedOptions;
  /** the followers, each with the rule whose view it has */
  readonly #followers = new Map<symbol, string | undefined>();
  #turn: Turn | undefined;
  #next = Promise.withResolvers<Turn>();
  #isRunning = false;
  #idleUntilMs = -Infinity;

  constructor(options: PageFeedOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#followers.size >= this.#options.maxFollowers;
  }

  /** Returns messages until the signal aborts: first everything, then a message each second. */
  async *follow(rule: string | undefined, signal: AbortSignal): AsyncGenerator<PageMessage, void> {
    const id = Symbol("follower");
    const gone = Promise.withResolvers<undefined>();
    signal.addEventListener("abort", () => gone.resolve(undefined), { once: true });
    this.#followers.set(id, rule);
    let sent: SentReport | undefined;
    try {
      // The first message does not wait for the next turn.
      let turn = this.#take();
      if (!this.#isRunning) void this.#run();
      while (turn !== undefined && !signal.aborted) {
        const view = rule === undefined ? undefined : turn.views.get(rule);
        const now = compared({ ...turn.report, views: view === undefined ? [] : [view] }, sent ?? {});
        yield { atUnixMs: turn.atUnixMs, isWhole: sent === undefined, lists: now.lists };
        sent = now.sent;
        turn = await Promise.race([this.#next.promise, gone.promise]);
      }
    } finally {
      this.#followers.delete(id);
    }
  }

  /** Takes turns until nobody follows. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#followers.size > 0) {
      await wait(this.#options.turnMs, undefined, { ref: false });
      const turn = this.#take();
      if (turn === undefined) continue;
      this.#next.resolve(turn);
      this.#next = Promise.withResolvers<Turn>();
    }
    this.#isRunning = false;
    this.#turn = undefined;
  }

  /** Makes what followers see; undefined if that failed. It is as it was if it was costly to make. */
  #take(): Turn | undefined {
    const { nowMs, nowUnixMs, report, view, onFault } = this.#options;
    const startMs = nowMs();
    const recent = startMs < this.#idleUntilMs ? this.#turn : undefined;
    const rules = new Set([...this.#followers.values()].filter((rule) => rule !== undefined));
    try {
      const views = new Map([...rules].map((rule) => [rule, recent?.views.get(rule) ?? view(rule)]));
      this.#turn = { atUnixMs: nowUnixMs(), report: recent?.report ?? report(), views };
    } catch (error) {
      onFault(error);
      return undefined;
    }
    const tookMs = nowMs() - startMs;
    this.#idleUntilMs = Math.max(this.#idleUntilMs, startMs + tookMs / SHARE);
    return this.#turn;
  }
}
