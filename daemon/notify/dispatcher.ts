import type { Delivery } from "./delivery.ts";
import { ReceiverQueue } from "./receiver-queue.ts";
import type { QueueOptions } from "./receiver-queue.ts";

/** What became of the deliveries of one receiver so far. */
export interface DeliveryCounters {
  readonly delivered: number;
  /** attempts after a first one */
  readonly retried: number;
  /** given up */
  readonly failed: number;
  /** left out because the queue was full, or not sent at the end */
  readonly dropped: number;
  /** now in the queue */
  readonly waiting: number;
}

/** Takes deliveries and brings them to their receivers: in order for each, none waiting for another's trouble. */
export interface Dispatcher {
  submit(delivery: Delivery): void;
  /** by the action's name */
  counters(): ReadonlyMap<string, DeliveryCounters>;
  /** Takes no more; tries what waits once more at once, and drops what is left after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/** A dispatcher that keeps its queues in memory. */
export function createDispatcher(options: QueueOptions): Dispatcher {
  const queues = new Map<string, ReceiverQueue>();
  let isOpen = true;
  return {
    submit(delivery) {
      if (!isOpen) return options.report({ delivery, what: "dropped", error: "the service is stopping" });
      let queue = queues.get(delivery.action.name);
      if (queue === undefined) queues.set(delivery.action.name, (queue = new ReceiverQueue(options)));
      queue.submit(delivery);
    },
    counters: () => new Map(Array.from(queues, ([name, queue]) => [name, queue.counters])),
    async close(deadlineMs) {
      isOpen = false;
      await Promise.all(Array.from(queues.values(), (queue) => queue.close(deadlineMs)));
    },
  };
}
