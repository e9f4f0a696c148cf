import type { AlertEvent, JudgedValue } from "../evaluate/alerts/alert.ts";
import type { RuleState } from "../evaluate/rule-state.ts";
import { takeLosses } from "../evaluate/window/health-window.ts";
import type { Clock } from "../service/clock.ts";
import type { HistoryAlert, HistoryDelivery, HistoryLimits, WorstValue } from "../store/history-change.ts";
import type { StoreHistory } from "../store/history-lane.ts";
import type { AlertingWatch } from "./alerting.ts";
import type { DeliveryWatch } from "./open-delivery.ts";
import type { Letter } from "./queue/letter.ts";
import { alertId } from "./stages/alert-labels.ts";
import type { Message } from "./stages/flush-context.ts";
import { DRILL_LABEL } from "./stages/group.ts";
import type { AlertChange } from "./stages/pipeline-options.ts";
import type { OpenAlert } from "./stages/pipeline-state.ts";
import type { Decision, StageName } from "./stages/stage.ts";

/** The stages that hold alerts back. Others only decide when, and to whom. */
const HOLDING: ReadonlySet<StageName> = new Set(["inhibit", "silence", "mute", "budget"]);

/** The time between two notes of losses. */
const LOSSES_MS = 60_000;

export interface HistoryRecorderOptions {
  readonly history: StoreHistory;
  readonly clock: Pick<Clock, "bootMs" | "unixMs">;
  readonly limits: HistoryLimits;
}

/**
 * Writes what happens to alerts into the history. It only makes small objects: the store's thread
 * does the work.
 */
export class HistoryRecorder implements AlertingWatch, DeliveryWatch {
  readonly #options: HistoryRecorderOptions;
  /** ids of letters with alerts that were made since the start and have not left */
  readonly #letters = new Set<string>();
  /** alerts that are in the history since this process runs */
  readonly #seen = new WeakSet<OpenAlert>();
  readonly #startedAtMs: number;
  #lossesAtMs: number;

  constructor(options: HistoryRecorderOptions) {
    this.#options = options;
    this.#startedAtMs = this.#lossesAtMs = options.clock.bootMs();
    this.use(options.limits);
  }

  /** Sets how much is kept. */
  use(limits: HistoryLimits): void {
    this.#options.history.use(limits);
  }

  changed(alert: OpenAlert, change: AlertChange): void {
    if (change === "same" && this.#seen.has(alert)) return;
    this.#seen.add(alert);
    this.#options.history.add(entryOf(alert, change === "level" ? this.#options.clock.unixMs() : undefined));
  }

  held(alert: OpenAlert, { stage, reason, action, atUnixMs }: Decision): void {
    if (!HOLDING.has(stage)) return;
    const receiver = action !== undefined && { receiver: action };
    this.#options.history.add({ kind: "hold", alert: entryId(alert), stage, reason, ...receiver, unixMs: atUnixMs });
  }

  /** Notes a message. One that only repeats an earlier one is left out. */
  sent(id: string, { action, content, news }: Message): void {
    if (news === undefined || content.reason === "repeat interval elapsed") return;
    this.#letters.add(id);
    this.#options.history.add({
      ...{ kind: "message", id, receiver: action, rule: content.rule, items: content.alerts.length },
      unixMs: this.#options.clock.unixMs(),
      alerts: news.map((alert) => ({ id: entryId(alert), status: alert.event.status })),
    });
  }

  /**
   * Notes that a letter has left. Of the delivered ones, those with records are left out: there may
   * be many.
   */
  settled(letter: Letter, outcome: HistoryDelivery["outcome"], error?: string): void {
    const isKnown = this.#letters.delete(letter.id) || letter.sinceMs < this.#startedAtMs;
    if (outcome === "delivered" && !isKnown) return;
    const { bootMs, unixMs } = { bootMs: this.#options.clock.bootMs(), unixMs: this.#options.clock.unixMs() };
    const { id, action, rule, items, sinceMs } = letter;
    this.#options.history.add({
      ...{ kind: "delivery", id, receiver: action, rule, items, sinceUnixMs: unixMs - (bootMs - sinceMs), unixMs },
      ...{ outcome, ...(error !== undefined && { error }) },
    });
  }

  /** Notes what rules lost or did not see. Does nothing until a minute has passed. */
  losses(rules: readonly { readonly name: string; readonly state: Pick<RuleState, "health"> }[]): void {
    const { history, clock } = this.#options;
    if (clock.bootMs() - this.#lossesAtMs < LOSSES_MS) return;
    this.#lossesAtMs = clock.bootMs();
    const unixMs = clock.unixMs();
    for (const { name, state } of rules)
      for (const [what, count] of takeLosses(state.health))
        history.add({ kind: "loss", rule: name, what, count, unixMs });
  }

  /** Notes a drill and the answers of its receivers. */
  drill(rule: string, event: AlertEvent, answers: readonly DrillAnswer[]): void {
    const { history, clock } = this.#options;
    const unixMs = clock.unixMs();
    const id = `drill-${alertId(event)}-${Math.round(unixMs)}`;
    const ended = { unixMs, reason: "a drill ends at once" };
    history.add({ ...entry({ id, rule, event, peak: event.level }), ended });
    for (const [number, { action, status, ok, answer }] of answers.entries()) {
      const message = { id: `${id}-${number}`, receiver: action, rule, items: 1 };
      history.add({ kind: "message", ...message, unixMs, alerts: [{ id, status }] });
      const outcome = ok ? "delivered" : "failed";
      const delivery = { kind: "delivery", ...message, sinceUnixMs: unixMs, unixMs, outcome } as const;
      history.add(ok ? delivery : { ...delivery, error: answer });
    }
  }
}

interface DrillAnswer {
  readonly action: string;
  readonly status: "firing" | "resolved";
  readonly ok: boolean;
  readonly answer: string;
}

/** Returns the id of an alert's entry: it is another one each time that the alert fires. */
export const entryId = ({ id, event }: Pick<OpenAlert, "id" | "event">): string =>
  `${id}-${Math.round(event.startsAtUnixMs)}`;

function entryOf(alert: OpenAlert, leveledUnixMs: number | undefined): HistoryAlert {
  const { event, rule, peak } = alert;
  const { status, reason, endsAtUnixMs } = event;
  const begun = entry({ id: entryId(alert), rule, event, peak });
  return {
    ...begun,
    ...(leveledUnixMs !== undefined && { leveledUnixMs }),
    ...(status === "resolved" && { ended: { unixMs: endsAtUnixMs ?? event.startsAtUnixMs, reason } }),
  };
}

interface Entered extends Pick<OpenAlert, "id" | "event" | "peak"> {
  readonly rule: string;
}

function entry({ id, rule, event, peak }: Entered): HistoryAlert {
  const { labels, level, reason, summary, startsAtUnixMs, judged, pendingSinceUnixMs } = event;
  const worst = judged && worstOf(judged);
  return {
    ...{ kind: "alert", id, rule, alertname: event.rule, labels, level, peak },
    ...(pendingSinceUnixMs !== undefined && { pendingUnixMs: pendingSinceUnixMs }),
    ...{ firedUnixMs: startsAtUnixMs, reason, summary },
    ...(worst !== undefined && { worst }),
    isDrill: labels[DRILL_LABEL] !== undefined,
  };
}

function worstOf({ name, unit, value, atUnixMs, peak }: JudgedValue): WorstValue | undefined {
  if (peak !== undefined) return { name, unit, value: peak.value, unixMs: peak.atUnixMs };
  return value === undefined ? undefined : { name, unit, value, unixMs: atUnixMs };
}
