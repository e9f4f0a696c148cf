import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryNotices } from "../../../../daemon/notify/notices/delivery-notices.ts";
import type { ReceiverTrouble } from "../../../../daemon/notify/queue/dispatcher.ts";
import type { Letter } from "../../../../daemon/notify/queue/letter.ts";
import { waitingLetter } from "../../../../daemon/notify/queue/waiting-letter.ts";

const counters = { delivered: 0, retried: 0, failed: 0, dropped: 0, waiting: 0 };
const letter: Letter = { id: "1", action: "hook", rule: "r", level: "info", items: 1, sinceMs: 0 };
const NONE: ReceiverTrouble = { counters, failing: [], underWay: undefined, lastGivenUp: undefined };

function noticesAt(trouble: ReceiverTrouble, nowMs: number): readonly string[] {
  return deliveryNotices(new Map([["hook", trouble]]), nowMs).map(({ reason, labels, notThrough }) => {
    assert.deepEqual([labels, notThrough], [{ action: "hook" }, "hook"]);
    return reason;
  });
}

test("an action that has not delivered for a minute is reported through another one, with the last error", () => {
  const stuck = { ...waitingLetter(letter), tries: 3, failingSinceMs: 1000, lastError: "HTTP 500" };
  assert.deepEqual(noticesAt(NONE, 1e6), []);
  assert.deepEqual(noticesAt({ ...NONE, failing: [stuck] }, 60_000), []);
  assert.deepEqual(noticesAt({ ...NONE, failing: [stuck] }, 61_000), [
    'a message of "r" cannot be delivered, and is tried on: HTTP 500',
  ]);
});

test("a receiver that is slow to accept or to fail is reported too", () => {
  const first = { ...waitingLetter(letter), begunAtMs: 1000 };
  assert.deepEqual(noticesAt({ ...NONE, underWay: first }, 60_000), []);
  assert.deepEqual(noticesAt({ ...NONE, underWay: first }, 61_000), [
    'a message of "r" cannot be delivered, and is tried on: the first attempt has not ended yet',
  ]);
  const failed = { ...waitingLetter(letter), tries: 1, failingSinceMs: 61_000, spentMs: 60_000, lastError: "late" };
  const between = noticesAt({ ...NONE, failing: [failed] }, 62_000);
  assert.deepEqual(between, ['a message of "r" cannot be delivered, and is tried on: late']);
  const again = { ...failed, begunAtMs: 63_000 };
  assert.deepEqual(noticesAt({ ...NONE, failing: [again], underWay: again }, 64_000), between);
});

test("a message that was given up is reported for an hour", () => {
  const lastGivenUp = { letter, error: "HTTP 400", atMs: 5000 };
  assert.deepEqual(noticesAt({ ...NONE, lastGivenUp }, 5000), ['a message of "r" was given up: HTTP 400']);
  assert.deepEqual(noticesAt({ ...NONE, lastGivenUp }, 5000 + 3_600_000), []);
});
