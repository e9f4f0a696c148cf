import type { Delivery } from "./delivery.ts";
import { ReceiverQueue } from "./receiver-queue.ts";
import type { QueueOptions, Waiting } from "./receiver-queue.ts";

/** What became of the deliveries of one receiver so far. */
export interface DeliveryCounters {
  readonly delivered: number;
  /** attempts after a first one */
  readonly retried: number;
  /** given up */
  readonly failed: number;
  /** left out because the queue was full */
  readonly dropped: number;
  /** now in the queue */
  readonly waiting: number;
}

/** Takes deliveries and brings them to their receivers: in order for each, none waiting for another's trouble. */
export interface Dispatcher {
  /** @param sinceMs of a delivery that an earlier process could not bring: since when it waits */
  submit(delivery: Delivery, sinceMs?: number): void;
  /** What has not been brought yet; of each receiver the oldest first. */
  waiting(): readonly Waiting[];
  /** by the action's name */
  counters(): ReadonlyMap<string, DeliveryCounters>;
  /** Takes no more; tries what waits once more at once, and resolves with what is left after `deadlineMs`. */
  close(deadlineMs: number): Promise<readonly Waiting[]>;
}

/** A dispatcher that keeps its queues in memory. */
export function createDispatcher(options: QueueOptions): Dispatcher {
  const queues = new Map<string, ReceiverQueue>();
  let isOpen = true;
  return {
    submit(delivery, sinceMs) {
      if (!isOpen) return options.report({ delivery, what: "dropped", error: "the service is stopping" });
      let queue = queues.get(delivery.action.name);
      if (queue === undefined) queues.set(delivery.action.name, (queue = new ReceiverQueue(options)));
      queue.submit(delivery, sinceMs);
    },
    waiting: () => Array.from(queues.values()).flatMap((queue) => queue.waiting),
    counters: () => new Map(Array.from(queues, ([name, queue]) => [name, queue.counters])),
    async close(deadlineMs) {
      isOpen = false;
      const left = await Promise.all(Array.from(queues.values(), (queue) => queue.close(deadlineMs)));
      return left.flat();
    },
  };
}
