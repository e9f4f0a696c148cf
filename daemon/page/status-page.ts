import { ApiError } from "../api/api-error.ts";
import { HeatMaps } from "./heat-maps.ts";
import { MOST_ALERTS, pageAlerts } from "./page-alert.ts";
import { PageFeed } from "./page-feed.ts";
import { PAGE_HEADERS, pageFile } from "./page-files.ts";
import type { PageMessage, PageReport } from "./page-report.ts";
import { pageRules } from "./page-rule.ts";
import { pageRuleView } from "./page-rule-view.ts";
import type { PageSource } from "./page-source.ts";
import { pageHead, pageProblems, pageReceiver, pageSilences } from "./page-standing.ts";
import { RecentHistory } from "./recent-history.ts";
import { STEP_MS, ValueRings } from "./value-rings.ts";

const MAX_FOLLOWERS = 16;
const TURN_MS = 1000;
/** A browser that lost the connection tries again after this time. */
const RETRY_MS = 2000;

/** An answer to a browser. */
export interface PageAnswer {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | AsyncIterable<string>;
}

/** The status page of the daemon: its files, its messages, and what it remembers for its charts. */
export class StatusPage {
  readonly #source: PageSource;
  readonly #values = new ValueRings();
  readonly #heats = new HeatMaps();
  readonly #history: RecentHistory;
  readonly #feed: PageFeed;
  #sampledAtMs = -Infinity;

  constructor(source: PageSource) {
    this.#source = source;
    const { nowMs, nowUnixMs, onFault } = source;
    this.#history = new RecentHistory({ nowMs, onFault, ask: source.history });
    this.#feed = new PageFeed({
      ...{ nowMs, nowUnixMs, onFault, turnMs: TURN_MS, maxFollowers: MAX_FOLLOWERS },
      report: () => this.#report(),
      view: (rule) => pageRuleView(source, rule, this.#heats.heat(rule)),
    });
  }

  /**
   * Adds a point to the charts if it is due. To be called every few seconds.
   *
   * @param isServed false to keep nothing
   */
  step(isServed: boolean): void {
    if (!isServed) {
      this.#values.clear();
      this.#heats.clear();
      this.#sampledAtMs = -Infinity;
      return;
    }
    const { rules, nowMs, nowUnixMs } = this.#source;
    // Turns come a little early or late.
    if (nowMs() - this.#sampledAtMs < 0.95 * STEP_MS) return;
    this.#sampledAtMs = nowMs();
    this.#values.sample(rules(), nowUnixMs());
    this.#heats.sample(rules(), nowUnixMs());
  }

  /** Returns a file of the page. Throws ApiError if there is none of this name. */
  file(name: string): PageAnswer {
    const file = pageFile(name);
    if (file === undefined) throw new ApiError(404, `the page has no file "${name}"`);
    return { status: 200, ...file, headers: { ...PAGE_HEADERS, "Cache-Control": "no-cache" } };
  }

  /**
   * Returns messages as server-sent events, until the browser goes.
   *
   * @param rule the rule whose view the browser shows; null in the overview
   */
  events(rule: string | null, signal: AbortSignal): PageAnswer {
    if (this.#feed.isFull)
      throw new ApiError(503, `expected at most ${MAX_FOLLOWERS} open pages, found another one`, [
        "close one of the others",
      ]);
    return {
      ...{ status: 200, type: "text/event-stream", headers: PAGE_HEADERS },
      body: eventStream(this.#feed.follow(rule ?? undefined, signal)),
    };
  }

  #report(): Omit<PageReport, "views"> {
    const source = this.#source;
    const rules = source.rules();
    const { rows, ...rulesNow } = pageRules(rules);
    const names = new Set(rules.map(({ name }) => name));
    const { alerts, count } = source.firing(MOST_ALERTS);
    const standing = source.standing();
    return {
      head: [pageHead(source, standing, { ...rulesNow, firing: count, leftOut: count - alerts.length })],
      alerts: pageAlerts(alerts, names),
      rules: rows,
      charts: this.#values.charts(),
      receivers: standing.receivers.map(pageReceiver),
      silences: pageSilences(standing.silences),
      problems: pageProblems(source.problems()),
      history: this.#history.entries(),
    };
  }
}

/** Writes messages as the HTML standard asks for (Server-sent events, "Interpreting"). */
async function* eventStream(messages: AsyncIterable<PageMessage>): AsyncGenerator<string, void> {
  yield `retry: ${RETRY_MS}\n\n`;
  for await (const message of messages) yield `data: ${JSON.stringify(message)}\n\n`;
}
