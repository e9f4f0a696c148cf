import type { EventRecord } from "../sample/sample.ts";

/** Records of one rule for one receiver; `omitted` more were held back. */
export interface Gathered {
  readonly events: readonly EventRecord[];
  readonly omitted: number;
}

/**
 * Turns a stream of records into at most one message a period. The first records go out at once, those that follow within the
 * period together at its end. More than `maxEvents` are counted, not kept.
 */
export class EventGatherer {
  readonly #send: (gathered: Gathered) => void;
  readonly #periodMs: number;
  readonly #maxEvents: number;
  #events: EventRecord[] = [];
  #omitted = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `periodMs` 0 sends each call's records at once. */
  constructor(periodMs: number, maxEvents: number, send: (gathered: Gathered) => void) {
    this.#periodMs = periodMs;
    this.#maxEvents = maxEvents;
    this.#send = send;
  }

  add(records: readonly EventRecord[]): void {
    const room = Math.max(0, this.#maxEvents - this.#events.length);
    for (const record of records.slice(0, room)) this.#events.push(record);
    this.#omitted += Math.max(0, records.length - room);
    if (this.#timer === undefined) this.#sendAndWait();
  }

  /** Sends what is gathered, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#events.length === 0 && this.#omitted === 0) return;
    const gathered = { events: this.#events, omitted: this.#omitted };
    this.#events = [];
    this.#omitted = 0;
    this.#send(gathered);
  }

  #sendAndWait(): void {
    const hasAny = this.#events.length > 0;
    this.flush();
    if (hasAny && this.#periodMs > 0) this.#timer = setTimeout(() => this.#onTimer(), this.#periodMs).unref();
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#sendAndWait();
  }
}
