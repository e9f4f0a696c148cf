import { decodeValue, type Encoded, encodeValue } from "./evaluate/json-values.ts";
import type { Delivery, DeliveryContent } from "./notify/delivery.ts";
import type { Waiting } from "./notify/receiver-queue.ts";
import type { Clock } from "./service/clock.ts";
import type { ActionSettings } from "./settings/settings.ts";
import { documentKind } from "./store/document-kind.ts";
import type { Store } from "./store/store.ts";

/** The action is kept by its name: what else there is of it may be a secret. */
interface SavedDelivery {
  readonly id: string;
  readonly action: string;
  readonly sinceUnixMs: number;
  readonly content: Encoded;
}

const DELIVERIES = documentKind<SavedDelivery>("delivery", 1);
/** Names have the order in which they came. */
const NAME_DIGITS = 12;

export interface OutboxOptions {
  readonly store: Store;
  readonly clock: Clock;
}

/** A delivery of an earlier process; `waiting` is undefined where its action is gone. */
export interface KeptDelivery {
  readonly action: string;
  readonly waiting: Waiting | undefined;
}

/**
 * Deliveries that wait, kept over a restart. They are written together with what says that they were told, so each is brought at least once;
 * one that was brought right before the process was killed is brought again, under the same id.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  /** by the delivery's id: its document's name */
  readonly #kept = new Map<string, string>();
  #next = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** What an earlier process left, in the order in which it came. */
  open(actions: ReadonlyMap<string, ActionSettings>): readonly KeptDelivery[] {
    const { store, clock } = this.#options;
    const bootAtUnixMs = clock.unixMs() - clock.bootMs();
    return [...store.all(DELIVERIES)].map(([name, { id, action: actionName, sinceUnixMs, content }]) => {
      this.#kept.set(id, name);
      this.#next = Math.max(this.#next, Number(name) + 1);
      const action = actions.get(actionName);
      if (action === undefined) return { action: actionName, waiting: undefined };
      // Written by keep, whose encoding keeps the types.
      const delivery: Delivery = { id, action, content: decodeValue(content) as DeliveryContent };
      return { action: actionName, waiting: { delivery, sinceMs: sinceUnixMs - bootAtUnixMs } };
    });
  }

  /** Has the store hold just these from its next commit on. */
  keep(waiting: readonly Waiting[]): void {
    const { store } = this.#options;
    const worth = waiting.filter(({ delivery }) => isWorthKeeping(delivery));
    const ids = new Set(worth.map(({ delivery }) => delivery.id));
    for (const [id, name] of this.#kept) {
      if (ids.has(id)) continue;
      store.remove(DELIVERIES, name);
      this.#kept.delete(id);
    }
    for (const each of worth) if (!this.#kept.has(each.delivery.id)) this.#put(each);
  }

  #put({ delivery: { id, action, content }, sinceMs }: Waiting): void {
    const { store, clock } = this.#options;
    const name = String(this.#next++).padStart(NAME_DIGITS, "0");
    this.#kept.set(id, name);
    const sinceUnixMs = clock.unixMs() - (clock.bootMs() - sinceMs);
    store.put(DELIVERIES, name, { id, action: action.name, sinceUnixMs, content: encodeValue(content) });
  }
}

/** Records that go into a log of this host are there within the tick, or the log is in trouble. */
function isWorthKeeping({ action, content }: Delivery): boolean {
  return content.kind === "alerts" || action.kind !== "log";
}
