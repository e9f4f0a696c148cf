import assert from "node:assert/strict";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import type { Message } from "../../../daemon/notify/stages/flush-context.ts";

/** The notifications of each action, as a reader of all its messages knows them. */
export class Ledger {
  /** by action and alert: the last notified event of an open alert */
  readonly #open = new Map<string, AlertEvent>();
  /** by action, alert and start: the notified ends */
  readonly #ended = new Set<string>();

  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** @param isSilenced whether all notifications are suppressed now */
  read({ action, content }: Message, isSilenced: boolean): void {
    assert.ok(!isSilenced, "nothing is told under a silence");
    content.alerts.forEach((event, index) => this.#readAlert(action, event, index < content.news, content.reason));
  }

  #readAlert(action: string, event: AlertEvent, isNews: boolean, reason: string): void {
    const id = `${action} ${event.rule} ${JSON.stringify(event.labels)}`;
    const before = this.#open.get(id);
    const isRepeat = reason === "repeat interval elapsed";
    if (event.status === "resolved") {
      // An alert that ended before it was notified is notified as fired and ended.
      const time = `${id} ${event.startsAtUnixMs} ${event.endsAtUnixMs}`;
      assert.ok(before !== undefined || !this.#ended.has(time), `${id}: no end is told twice`);
      this.#ended.add(time);
      this.#open.delete(id);
      return;
    }
    if (isNews && !isRepeat) assert.notEqual(before?.level, event.level, `${id}: never told twice without a change`);
    else assert.ok(before !== undefined, `${id}: what is told along was told before`);
    this.#open.set(id, event);
  }
}
