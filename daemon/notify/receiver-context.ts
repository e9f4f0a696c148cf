import { setTimeout as delay } from "node:timers/promises";
import { EventLog } from "../audit/event-log.ts";
import type { Settings } from "../settings/settings.ts";
import { openMailTransport } from "./mail-transport.ts";
import { readSecret } from "./read-secret.ts";
import type { QueueOptions } from "./receiver-queue.ts";
import type { ReceiverContext } from "./receiver.ts";

/** The world as it is, for the receivers of these settings. Disposing closes the logs. */
export function openReceiverContext(
  { labels, smtp }: Pick<Settings, "labels" | "smtp">,
  userAgent: string,
): ReceiverContext & Disposable {
  const logs = new Map<string, EventLog>();
  return {
    labels,
    smtp,
    userAgent,
    fetch,
    openMailTransport,
    eventLog(path) {
      const log = logs.get(path) ?? new EventLog(path);
      logs.set(path, log);
      return log;
    },
    standardOutput: { isTerminal: process.stdout.isTTY, write: (text) => void process.stdout.write(text) },
    readSecret,
    nowUnixMs: Date.now,
    [Symbol.dispose]() {
      for (const log of logs.values()) log[Symbol.dispose]();
    },
  };
}

/** How queues behave in the service: a thousand deliveries for each receiver, each tried for four hours. */
export const QUEUE_DEFAULTS: Omit<QueueOptions, "attempt" | "report"> = {
  nowMs: () => performance.now(),
  random: Math.random,
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  maxWaiting: 1000,
  giveUpAfterMs: 4 * 3_600_000,
};
