import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { EventLog } from "./audit/event-log.ts";
import { createDispatcher } from "./notify/dispatcher.ts";
import { openMailTransport } from "./notify/mail-transport.ts";
import { createNotifier, type Notifier } from "./notify/notifier.ts";
import { resolveSecret } from "./settings/secret.ts";
import type { ReceiverContext } from "./notify/receiver.ts";
import type { DeliveryReport } from "./notify/receiver-queue.ts";
import { attempt } from "./notify/receivers.ts";
import type { Clock } from "./service/clock.ts";
import type { Settings } from "./settings/settings.ts";

const USER_AGENT = "bpfwarden/0.1.0";
/** Alerts and batches of records that wait for one receiver. */
const MAX_WAITING = 10_000;
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

export interface NotifierHost {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Everything between an alert and the outside, for one version of the settings. */
export function openNotifier(settings: Settings, { clock, logger }: NotifierHost): Notifier {
  const context = receiverContext(settings, clock);
  const dispatcher = createDispatcher({
    attempt: (delivery, signal) => attempt(delivery, context, signal),
    report: (report) => logReport(logger, report),
    nowMs: () => clock.bootMs(),
    random: Math.random,
    sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    maxWaiting: MAX_WAITING,
    giveUpAfterMs: GIVE_UP_AFTER_MS,
  });
  return createNotifier({ dispatcher, newId: randomUUID });
}

function receiverContext(settings: Settings, clock: Clock): ReceiverContext {
  const logs = new Map<string, EventLog>();
  return {
    labels: settings.labels,
    smtp: settings.smtp,
    userAgent: USER_AGENT,
    fetch,
    openMailTransport,
    eventLog: (path) => logs.getOrInsertComputed(path, () => new EventLog(path)),
    standardOutput: { isTerminal: process.stdout.isTTY, write: (text) => void process.stdout.write(text) },
    readSecret: (secret) => resolveSecret(secret),
    nowUnixMs: () => clock.unixMs(),
  };
}

function logReport(logger: Logger, { delivery, what, error }: DeliveryReport): void {
  const fields = { action: delivery.action.name, rule: delivery.content.rule, delivery: delivery.id, error };
  if (what === "failed" || what === "dropped") logger.error(fields, `delivery ${what}`);
  else logger.warn(fields, `delivery ${what}`);
}
