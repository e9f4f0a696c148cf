import type { EventRecord } from "../../sample/sample.ts";
import type { DeliveryContent } from "./delivery.ts";
import { LEVELS } from "../../rules/levels.ts";

/** The name under which dropped messages are reported to their receiver. */
export const DROPPED = "BpfwardenDeliveriesDropped";

/** The messages to one action that were dropped, because too many waited. */
export class DroppedLetters {
  readonly #messages = new Map<string, number>();
  #items = 0;

  /** @param items the number of alerts and records in the messages */
  add(level: number, messages: number, items: number): void {
    const name = LEVELS[level] ?? "info";
    this.#messages.set(name, (this.#messages.get(name) ?? 0) + messages);
    this.#items += items;
  }

  /** Returns the content for the receiver when it takes messages again. */
  content(unixNs: bigint): DeliveryContent {
    const messages = this.#messages.values().reduce((sum, count) => sum + count, 0);
    const fields: Record<string, number> = { dropped_messages: messages, alerts_and_records: this.#items };
    for (const level of LEVELS.toReversed()) fields[level] = this.#messages.get(level) ?? 0;
    const record: EventRecord = { rule: DROPPED, timeNs: unixNs, fields, truncated: [] };
    return { kind: "events", rule: DROPPED, events: [record], labels: {}, omitted: 0 };
  }
}
