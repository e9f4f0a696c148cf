import type { HistoryEntry, HistoryReport } from "../store/history-answers.ts";
import { shownText } from "../evaluate/formula/shown-text.ts";
import type { ShownUnit } from "../evaluate/formula/shown-unit.ts";
import { LEVELS } from "../rules/levels.ts";
import type { PageEntry } from "./page-report.ts";
import { shown, shownLabels } from "./shown.ts";

/** The history is asked for again after this time, if somebody looks at the page. */
const REFRESH_MS = 5000;
const MOST_ENTRIES = 40;

export interface RecentHistoryOptions {
  readonly nowMs: () => number;
  /** asks for the latest alerts of a day; the answer is a `HistoryReport` as JSON */
  readonly ask: (most: number) => Promise<string>;
  readonly onFault: (error: unknown) => void;
}

/** The latest alerts of a day. They are read by the thread of the store, so that no turn waits. */
export class RecentHistory {
  readonly #options: RecentHistoryOptions;
  #entries: readonly PageEntry[] = [];
  #askedAtMs = -Infinity;

  constructor(options: RecentHistoryOptions) {
    this.#options = options;
  }

  /** Returns what is known now, the latest first, and asks again if that is due. */
  entries(): readonly PageEntry[] {
    const { nowMs, onFault } = this.#options;
    if (nowMs() - this.#askedAtMs >= REFRESH_MS) {
      this.#askedAtMs = nowMs();
      void this.#ask().catch(onFault);
    }
    return this.#entries;
  }

  async #ask(): Promise<void> {
    const { alerts } = JSON.parse(await this.#options.ask(MOST_ENTRIES)) as HistoryReport;
    this.#entries = alerts.map(pageEntry).toReversed();
  }
}

function pageEntry(entry: HistoryEntry): PageEntry {
  const { id, alertname, rule, labels, peak, firedAt, endedAt, worst, notified, heldBack, drill } = entry;
  const reached = new Set(notified.filter(({ outcome }) => outcome === "delivered").map(({ receiver }) => receiver));
  const held = new Set(heldBack.map(({ stage }) => stage));
  return {
    ...{ id, name: alertname, rule, labels: shownLabels(labels), isDrill: drill },
    level: LEVELS.find((level) => level === peak) ?? "warning",
    firedAtUnixMs: Date.parse(firedAt),
    ...(endedAt !== undefined && { endedAtUnixMs: Date.parse(endedAt) }),
    worst: worst === undefined ? "" : `${shown(worst.name)} ${shownText(worst.value, worst.unit as ShownUnit)}`,
    notified: [...reached].join(", "),
    heldBy: [...held].join(", "),
  };
}
