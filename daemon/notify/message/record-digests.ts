import type { EventRecord } from "../../sample/sample.ts";
import type { Labels } from "../stages/alert-labels.ts";
import type { EventsContent } from "../queue/delivery.ts";
import { LatestRecords } from "./latest-records.ts";

/** The form in which an action gets records. */
export interface DigestTraits {
  /** records of one rule are gathered this long */
  readonly gatherEventsMs: number;
  /** the most records in a message */
  readonly maxEvents: number;
}

export interface DigestOptions {
  readonly traits: (action: string) => DigestTraits | undefined;
  /**
   * returns true if the budget lets a rule's message to an action go, and then takes the message
   * from the budget
   */
  readonly pay: (rule: string, action: string) => boolean;
  readonly send: (action: string, content: EventsContent) => void;
}

interface Gathering {
  readonly rule: string;
  readonly labels: Labels;
  readonly action: string;
  readonly records: LatestRecords;
  /** the time of its last message */
  sentAtMs: number;
  /** the time of the first of its records */
  sinceMs: number;
  /** true if the budget has said no since the last message */
  isHeld: boolean;
}

/**
 * Turns streams of records into messages. The first records of a rule go to an action at once,
 * those that follow within a second or so together. Records that the budget holds back are
 * gathered, the latest in full and the others by number. Once the budget allows it, a message has
 * them and says how long that took.
 */
export class RecordDigests {
  readonly #options: DigestOptions;
  readonly #gatherings = new Map<string, Gathering>();

  constructor(options: DigestOptions) {
    this.#options = options;
  }

  add(rule: string, labels: Labels, action: string, records: readonly EventRecord[], nowMs: number): void {
    if (records.length === 0) return;
    const gathering = this.#gathering(rule, labels, action);
    if (gathering.records.count === 0) gathering.sinceMs = nowMs;
    gathering.records.add(records, this.#options.traits(action)?.maxEvents ?? 1);
    // The budget is asked again once a step.
    if (!gathering.isHeld) this.#sendDue(gathering, nowMs);
  }

  /** Sends what is due. */
  step(nowMs: number): void {
    for (const [key, gathering] of this.#gatherings) {
      this.#sendDue(gathering, nowMs);
      const isIdle = gathering.records.count === 0 && !this.#isTooSoon(gathering, nowMs);
      if (isIdle) this.#gatherings.delete(key);
    }
  }

  /**
   * Sends all gathered records whatever the budget says: nobody will be there to send them later.
   */
  flush(nowMs: number): void {
    for (const gathering of this.#gatherings.values()) if (gathering.records.count > 0) this.#send(gathering, nowMs);
  }

  /** Records that wait for the budget, by action. */
  get heldBack(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { action, records, isHeld } of this.#gatherings.values())
      if (isHeld) counts.set(action, (counts.get(action) ?? 0) + records.count);
    return counts;
  }

  #gathering(rule: string, labels: Labels, action: string): Gathering {
    return this.#gatherings.getOrInsertComputed(JSON.stringify([rule, labels, action]), () => {
      return {
        ...{ rule, labels, action, records: new LatestRecords() },
        ...{ sentAtMs: -Infinity, sinceMs: 0, isHeld: false },
      };
    });
  }

  #isTooSoon({ action, sentAtMs }: Gathering, nowMs: number): boolean {
    return nowMs - sentAtMs < (this.#options.traits(action)?.gatherEventsMs ?? 0);
  }

  #sendDue(gathering: Gathering, nowMs: number): void {
    const { rule, action, records } = gathering;
    if (records.count === 0 || this.#isTooSoon(gathering, nowMs)) return;
    if (this.#options.pay(rule, action)) this.#send(gathering, nowMs);
    else gathering.isHeld = true;
  }

  #send(gathering: Gathering, nowMs: number): void {
    const { rule, labels, action, records, sinceMs, isHeld } = gathering;
    const { events, omitted } = records.take();
    gathering.sentAtMs = nowMs;
    gathering.isHeld = false;
    const held = isHeld ? { heldMs: nowMs - sinceMs } : {};
    this.#options.send(action, { kind: "events", rule, labels, events, omitted, ...held });
  }
}
