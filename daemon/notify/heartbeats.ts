import { randomUUID } from "node:crypto";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import { receiverOf } from "../receivers/receivers.ts";
import type { Clock } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import type { HeartbeatSettings } from "../settings/heartbeat-settings.ts";
import type { ActionSettings, Settings } from "../settings/settings.ts";
import type { OpenReceivers } from "./open-receivers.ts";
import type { AlertsContent } from "./queue/delivery.ts";

/** The name of the alert that fires as long as heartbeats come. */
export const HEARTBEAT = "BpfwardenHeartbeat";
/** The alert ends if so many heartbeats in a row stay away, as alerts of Prometheus do. */
const VALID_BEATS = 4;

export interface HeartbeatsOptions {
  readonly clock: Pick<Clock, "bootMs" | "unixMs">;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly receivers: Pick<OpenReceivers, "attempt">;
}

/** The standing of the heartbeat. */
export interface HeartbeatStanding {
  /** the last one that the receiver took; undefined before the first */
  readonly sentAtUnixMs: number | undefined;
  /** why none is sent now */
  readonly heldBack: string | undefined;
  /** the error of the last one */
  readonly error: string | undefined;
}

/**
 * Sends heartbeats. A heartbeat that is late says nothing, so none is stored, tried again or made
 * up for: the next one comes after the interval.
 */
export class Heartbeats {
  readonly #options: HeartbeatsOptions;
  readonly #startedAtUnixMs: number;
  #standing: HeartbeatStanding = { sentAtUnixMs: undefined, heldBack: undefined, error: undefined };
  #settings: string | undefined;
  #dueMs = 0;
  #isUnderWay = false;

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
    this.#startedAtUnixMs = options.clock.unixMs();
  }

  get standing(): HeartbeatStanding {
    return this.#standing;
  }

  /**
   * Sends a heartbeat if one is due. To be called after each tick that succeeded.
   *
   * @param whyNot why the rules are not whole, so that none is sent
   */
  step({ heartbeat, actions }: Pick<Settings, "heartbeat" | "actions">, whyNot: string | undefined): void {
    const action = heartbeat && actions.get(heartbeat.action);
    if (heartbeat === undefined || action === undefined) return;
    const nowMs = this.#options.clock.bootMs();
    if (this.#isNew(heartbeat)) this.#dueMs = nowMs;
    this.#hold(whyNot);
    if (whyNot !== undefined || this.#isUnderWay || nowMs < this.#dueMs) return;
    this.#dueMs = nowMs + heartbeat.everyMs;
    this.#isUnderWay = true;
    void this.#send(heartbeat, action).finally(() => (this.#isUnderWay = false));
  }

  #isNew(heartbeat: HeartbeatSettings): boolean {
    const before = this.#settings;
    this.#settings = JSON.stringify(heartbeat);
    return this.#settings !== before;
  }

  #hold(whyNot: string | undefined): void {
    const { heldBack } = this.#standing;
    this.#standing = { ...this.#standing, heldBack: whyNot };
    if (whyNot !== undefined && heldBack === undefined) this.#options.logger.warn(`no heartbeats are sent: ${whyNot}`);
    if (whyNot === undefined && heldBack !== undefined) this.#options.logger.info("heartbeats are sent again");
  }

  async #send({ everyMs, method }: HeartbeatSettings, action: ActionSettings): Promise<void> {
    const { clock, receivers, logger } = this.#options;
    const content = contentOf(this.#startedAtUnixMs, clock.unixMs(), everyMs);
    const to = receiverOf(action).forHeartbeat?.(action, method) ?? action;
    // An attempt must have ended before the next heartbeat.
    const outcome = await receivers.attempt({ id: randomUUID(), action: to, content }, AbortSignal.timeout(everyMs));
    const { error: before, sentAtUnixMs } = this.#standing;
    const error = outcome.ok ? undefined : outcome.error;
    this.#standing = { ...this.#standing, error, sentAtUnixMs: outcome.ok ? clock.unixMs() : sentAtUnixMs };
    if (error !== undefined && before === undefined)
      logger.warn({ action: action.name }, `a heartbeat failed: ${error}`);
    if (error === undefined && before !== undefined) logger.info({ action: action.name }, "heartbeats arrive again");
  }
}

/** A heartbeat as an alert that fires: receivers of alerts need to know nothing else. */
function contentOf(startsAtUnixMs: number, nowUnixMs: number, everyMs: number): AlertsContent {
  const event: AlertEvent = {
    ...{ rule: HEARTBEAT, labels: {}, status: "firing", level: "info", values: {}, windowMs: 0 },
    ...{ startsAtUnixMs, endsAtUnixMs: nowUnixMs + VALID_BEATS * everyMs },
    ...{ reason: "ticks run and all rules are whole", summary: "bpfwarden watches this host" },
    confidence: {
      ...{ lostEvents: 0, keysOverLimit: 0, faultedReads: 0, orphanedSpans: 0, skippedRuns: 0, lateTicks: 0 },
      windowFilled: 1,
    },
  };
  return {
    ...{ kind: "alerts", rule: HEARTBEAT, alerts: [event], news: 1, reason: "first notification" },
    group: { key: `{}:{alertname="${HEARTBEAT}"}`, labels: { alertname: HEARTBEAT } },
    ...{ openedAtUnixMs: startsAtUnixMs, truncated: 0, suppressed: 0 },
  };
}
