import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../settings/settings.ts";
import { DeliveryLog } from "./delivery-log.ts";
import { OpenReceivers, type ReceiversHost } from "./open-receivers.ts";
import { Dispatcher } from "./queue/dispatcher.ts";
import type { Letter } from "./queue/letter.ts";

/** The way out. Messages wait in the dispatcher, which has a queue for each receiver. */
export interface OpenDelivery {
  readonly dispatcher: Dispatcher;
  readonly receivers: OpenReceivers;
  /** From now on everything goes where these settings say, at once, also waiting messages. */
  readonly use: (settings: Settings) => void;
  /** Resolves with the letters that could not be delivered by then. */
  readonly close: (deadlineMs: number) => Promise<readonly Letter[]>;
}

/** Is called when a letter has left its queue. */
export interface DeliveryWatch {
  settled(letter: Letter, outcome: "delivered" | "failed" | "dropped", error?: string): void;
}

export interface DeliveryHost extends ReceiversHost {
  readonly watch?: DeliveryWatch;
}

export function openDelivery(host: DeliveryHost): OpenDelivery {
  const { clock, logger, settings, watch } = host;
  const receivers = new OpenReceivers(host);
  const log = new DeliveryLog(logger, () => clock.bootMs());
  const dispatcher = new Dispatcher({
    attempt: (delivery, signal) => receivers.attempt(delivery, signal),
    report: (report) => {
      log.report(report);
      if (report.what === "dropped") watch?.settled(report.letter, "dropped", report.error);
    },
    onSettled: (letter, error) => watch?.settled(letter, error === undefined ? "delivered" : "failed", error),
    clock,
    random: Math.random,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    newId: randomUUID,
  });
  const queue = ({ actions, limits }: Settings): void => dispatcher.use(actions, limits.outboxBytes);
  queue(settings);
  return {
    dispatcher,
    receivers,
    use(changed) {
      receivers.use(changed);
      queue(changed);
    },
    async close(deadlineMs) {
      const left = await dispatcher.close(deadlineMs);
      log.close();
      await receivers.close();
      return left;
    },
  };
}
