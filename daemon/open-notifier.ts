import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { EventLog } from "./audit/event-log.ts";
import type { Delivery, Outcome } from "./notify/delivery.ts";
import { createDispatcher, type DeliveryCounters } from "./notify/dispatcher.ts";
import { openMailTransport } from "./notify/mail-transport.ts";
import { createNotifier, type Notifier } from "./notify/notifier.ts";
import type { ReceiverContext } from "./notify/receiver.ts";
import type { DeliveryReport, Waiting } from "./notify/receiver-queue.ts";
import { attempt } from "./notify/receivers.ts";
import type { Clock } from "./service/clock.ts";
import { resolveSecret } from "./settings/secret.ts";
import type { ActionSettings, Settings } from "./settings/settings.ts";
import { openStandardOutput } from "./standard-output.ts";
import { VERSION } from "./version.ts";

const USER_AGENT = `bpfwarden/${VERSION}`;
/** Alerts and batches of records that wait for one receiver. */
const MAX_WAITING = 10_000;
/** Somebody waits for the answer. */
const DRILL_TIMEOUT_MS = 30_000;
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

export interface NotifierHost {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A notifier that outlives a change of the settings, together with the deliveries that wait in it. */
export interface SettingsNotifier extends Notifier {
  /** One attempt at a delivery, past the queues. */
  attempt(delivery: Delivery): Promise<Outcome>;
  /** A delivery that an earlier process could not bring, and since when it waits (CLOCK_BOOTTIME). */
  resume(waiting: Waiting): void;
  /** What has not been brought yet. */
  waiting(): readonly Waiting[];
  /** by the action's name */
  counters(): ReadonlyMap<string, DeliveryCounters>;
  /** From now on everything goes where these settings say, also what waits, and at once. */
  use(settings: Settings): void;
}

/** Everything between an alert and the outside. */
export function openNotifier(host: NotifierHost): SettingsNotifier {
  const outside = new Outside(host);
  const dispatcher = createDispatcher({
    attempt: (delivery, signal) => outside.attempt(delivery, signal),
    report: (report) => logReport(host.logger, report),
    nowMs: () => host.clock.bootMs(),
    random: Math.random,
    sleep: (ms, signal) => outside.sleep(ms, signal),
    maxWaiting: MAX_WAITING,
    giveUpAfterMs: GIVE_UP_AFTER_MS,
  });
  const notifier = createNotifier({ dispatcher, newId: randomUUID });
  return {
    ...notifier,
    attempt: (delivery) => outside.attempt(delivery, AbortSignal.timeout(DRILL_TIMEOUT_MS)),
    resume: ({ delivery, sinceMs }) => dispatcher.submit(delivery, sinceMs),
    waiting: () => dispatcher.waiting(),
    counters: () => dispatcher.counters(),
    use: (settings) => outside.use(settings),
    async close(deadlineMs) {
      const left = await notifier.close(deadlineMs);
      outside[Symbol.dispose]();
      return left;
    },
  };
}

/** What the settings say of the world outside, and what is open of it. */
class Outside implements Disposable {
  readonly #clock: Clock;
  readonly #standardOutput;
  readonly #logs = new Map<string, EventLog>();
  /** by the delivery as it was submitted: receivers remember by identity how far they came with one */
  #redirected = new WeakMap<Delivery, Delivery>();
  #changed = new AbortController();
  #settings: Settings | undefined;

  constructor({ clock, logger }: NotifierHost) {
    this.#clock = clock;
    this.#standardOutput = openStandardOutput(logger);
  }

  use(settings: Settings): void {
    this.#settings = settings;
    this.#redirected = new WeakMap();
    // Logs that are still in use are opened again by their next line.
    this[Symbol.dispose]();
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  async attempt(delivery: Delivery, signal: AbortSignal): ReturnType<typeof attempt> {
    if (this.#settings === undefined) return { ok: false, retry: true, error: "there are no settings" };
    return attempt(this.#redirect(delivery, this.#settings.actions), this.#context(this.#settings), signal);
  }

  /** The pause before another attempt, which new settings cut short. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await delay(ms, undefined, { signal: AbortSignal.any([signal, this.#changed.signal]) }).catch(() => undefined);
  }

  [Symbol.dispose](): void {
    for (const log of this.#logs.values()) log[Symbol.dispose]();
    this.#logs.clear();
  }

  /** An action that changed while the delivery waited is used as it is now; one that is gone, as it was. */
  #redirect(delivery: Delivery, actions: ReadonlyMap<string, ActionSettings>): Delivery {
    const action = actions.get(delivery.action.name);
    if (action === undefined || isSame(action, delivery.action)) return delivery;
    return this.#redirected.getOrInsertComputed(delivery, () => ({ ...delivery, action }));
  }

  #context({ labels, smtp }: Settings): ReceiverContext {
    return {
      labels,
      smtp,
      userAgent: USER_AGENT,
      fetch,
      openMailTransport,
      eventLog: (path) => this.#logs.getOrInsertComputed(path, () => new EventLog(path)),
      standardOutput: this.#standardOutput,
      readSecret: (secret) => resolveSecret(secret),
      nowUnixMs: () => this.#clock.unixMs(),
    };
  }
}

/** Whatever their places in the file. */
function isSame({ span: _first, ...one }: ActionSettings, { span: _second, ...other }: ActionSettings): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function logReport(logger: Logger, { delivery, what, error }: DeliveryReport): void {
  const fields = { action: delivery.action.name, rule: delivery.content.rule, delivery: delivery.id, error };
  if (what === "failed" || what === "dropped") logger.error(fields, `delivery ${what}`);
  else logger.warn(fields, `delivery ${what}`);
}
