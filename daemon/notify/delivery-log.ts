import type { DeliveryReport } from "./queue/receiver-queue.ts";
import type { Logger } from "../service/logger.ts";

/**
 * The most log lines a minute for one kind of trouble with one action: a queue that overflows drops
 * thousands of messages at once.
 */
const MOST_A_MINUTE = 10;
const MINUTE_MS = 60_000;

interface Recent {
  readonly action: string;
  readonly what: DeliveryReport["what"];
  readonly sinceMs: number;
  count: number;
  /** runs once there is a number to log at the end of the minute */
  timer?: NodeJS.Timeout;
}

/** Logs the results of deliveries: each by itself at first, the others of a minute as a number. */
export class DeliveryLog {
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #recent = new Map<string, Recent>();

  constructor(logger: Logger, nowMs: () => number) {
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  report({ letter, what, error }: DeliveryReport): void {
    const recent = this.#recentOf(letter.action, what);
    recent.count++;
    if (recent.count > MOST_A_MINUTE) return this.#waitFor(recent);
    this.#log(what, { action: letter.action, rule: letter.rule, delivery: letter.id, error }, `delivery ${what}`);
  }

  #recentOf(action: string, what: DeliveryReport["what"]): Recent {
    const key = keyOf(action, what);
    const nowMs = this.#nowMs();
    const before = this.#recent.get(key);
    if (before !== undefined && nowMs - before.sinceMs < MINUTE_MS) return before;
    if (before !== undefined) this.#end(before);
    const recent = { action, what, sinceMs: nowMs, count: 0 };
    this.#recent.set(key, recent);
    return recent;
  }

  #waitFor(recent: Recent): void {
    const leftMs = recent.sinceMs + MINUTE_MS - this.#nowMs();
    recent.timer ??= setTimeout(() => this.#end(recent), leftMs).unref();
  }

  /** Logs once how many more there were. */
  #end({ action, what, count, timer }: Recent): void {
    clearTimeout(timer);
    this.#recent.delete(keyOf(action, what));
    const more = count - MOST_A_MINUTE;
    if (more > 0) this.#log(what, { action, deliveries: more }, `${more} more deliveries ${what} since the last line`);
  }

  /** Logs the numbers that are not logged yet. Later reports are logged as before. */
  close(): void {
    for (const recent of [...this.#recent.values()]) this.#end(recent);
  }

  #log(what: DeliveryReport["what"], fields: object, message: string): void {
    if (what === "failed" || what === "dropped") this.#logger.error(fields, message);
    else this.#logger.warn(fields, message);
  }
}

function keyOf(action: string, what: DeliveryReport["what"]): string {
  return JSON.stringify([action, what]);
}
