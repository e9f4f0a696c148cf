import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { ActionSettings } from "../settings/settings.ts";
import { receiverOf } from "../receivers/receivers.ts";
import type { AlertsContent } from "./queue/delivery.ts";
import { isResend, resendOf } from "./queue/resend.ts";
import { alertId } from "./stages/alert-labels.ts";
import type { OpenAlert } from "./stages/pipeline-state.ts";

/** The time in which an end is sent again (docs/alerts_api.md of Alertmanager). */
const ENDED_MS = 5 * 60_000;

export interface ResendsOptions {
  /** all alerts that are open */
  readonly alerts: () => Iterable<OpenAlert>;
  /** returns an alert that fires, with its current values */
  readonly refresh: (alert: OpenAlert) => AlertEvent;
  /** true if no message waits for this action: a resend must not fill the queue of a dead receiver */
  readonly isIdle: (action: string) => boolean;
  readonly send: (message: { readonly action: string; readonly content: AlertsContent }) => void;
}

interface Ended {
  readonly event: AlertEvent;
  readonly untilMs: number;
}

/**
 * Sends again what fires, for receivers that forget alerts which are not repeated, such as
 * Alertmanager. It also repeats ends for some minutes, for a replica that missed them.
 */
export class Resends {
  readonly #options: ResendsOptions;
  /** by action */
  readonly #dueMs = new Map<string, number>();
  /** by action, then by the id of the alert */
  readonly #ended = new Map<string, Map<string, Ended>>();

  constructor(options: ResendsOptions) {
    this.#options = options;
  }

  /** Takes note of a message that goes out. */
  note({ action, content }: { readonly action: ActionSettings; readonly content: AlertsContent }, nowMs: number): void {
    if (receiverOf(action).resendMs === undefined || isResend(content)) return;
    const ended = this.#ended.getOrInsertComputed(action.name, () => new Map<string, Ended>());
    for (const event of content.alerts) {
      if (event.status === "resolved") ended.set(alertId(event), { event, untilMs: nowMs + ENDED_MS });
      else ended.delete(alertId(event));
    }
  }

  /** Sends again what is due. */
  step(actions: Iterable<ActionSettings>, now: { readonly ms: number; readonly unixMs: number }): void {
    for (const action of actions) {
      const { resendMs, maxAlerts } = receiverOf(action);
      if (resendMs === undefined) continue;
      const dueMs = this.#dueMs.get(action.name) ?? now.ms;
      if (now.ms < dueMs || !this.#options.isIdle(action.name)) continue;
      this.#dueMs.set(action.name, now.ms + resendMs);
      this.#send(action.name, maxAlerts, now);
    }
  }

  #send(action: string, maxAlerts: number, now: { readonly ms: number; readonly unixMs: number }): void {
    const { alerts, refresh, send } = this.#options;
    const firing = [...alerts()].filter(({ event, notified }) => event.status === "firing" && notified.has(action));
    const all = [...firing.map(refresh), ...this.#endedFor(action, now.ms)];
    for (let start = 0; start < all.length; start += maxAlerts)
      send({ action, content: resendOf(all.slice(start, start + maxAlerts), now.unixMs) });
  }

  #endedFor(action: string, nowMs: number): readonly AlertEvent[] {
    const ended = this.#ended.get(action);
    if (ended === undefined) return [];
    for (const [id, { untilMs }] of ended) if (untilMs < nowMs) ended.delete(id);
    return [...ended.values()].map(({ event }) => event);
  }
}
