import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { EventsContent } from "../../../../daemon/notify/queue/delivery.ts";
import { mailOf } from "../../../../daemon/receivers/email/mail-text.ts";
import { RecordDigests } from "../../../../daemon/notify/message/record-digests.ts";
import { webhookBody } from "../../../../daemon/receivers/webhook/webhook-body.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { record, validator } from "../fixtures.ts";

/** Digests to actions that take 3 records a message and one message a second, while `budget` lasts. */
function setUp(budget = Infinity) {
  const sent: (readonly [action: string, content: EventsContent])[] = [];
  let left = budget;
  const digests = new RecordDigests({
    traits: () => ({ gatherEventsMs: 1000, maxEvents: 3 }),
    pay: () => left-- > 0,
    send: (action, content) => void sent.push([action, content]),
  });
  let next = 0;
  return {
    digests,
    /**
     * names of the records that each message has, how many it leaves out, and for how long they
     * were held
     */
    taken: () =>
      sent
        .splice(0)
        .map(([, { events, omitted, heldMs }]) => [events.map(({ fields }) => fields["n"]), omitted, heldMs]),
    add: (count: number, nowMs: number, rule = "r", action = "hook") =>
      digests.add(
        rule,
        {},
        action,
        Array.from({ length: count }, () => ({ ...record, fields: { n: next++ } })),
        nowMs,
      ),
    allow: (messages: number) => void (left = messages),
  };
}

suite("records for webhooks and mail", () => {
  test("go at once, then at most once a second, the latest in full and all of them counted", () => {
    const { digests, add, taken } = setUp();
    add(1, 0);
    assert.deepEqual(taken(), [[[0], 0, undefined]]);
    add(2, 100);
    add(3, 200);
    digests.step(900);
    assert.deepEqual(taken(), []);
    digests.step(1000);
    assert.deepEqual(taken(), [[[3, 4, 5], 2, undefined]]);
    digests.step(5000);
    assert.deepEqual(taken(), []);
    add(1, 5001);
    assert.deepEqual(taken(), [[[6], 0, undefined]]);
  });

  test("do not wait for those of another rule or action", () => {
    const { add, taken } = setUp();
    add(1, 0);
    add(1, 1, "other");
    add(1, 2, "r", "mail");
    assert.deepEqual(taken(), [
      [[0], 0, undefined],
      [[1], 0, undefined],
      [[2], 0, undefined],
    ]);
  });

  test("are held back by the budget, counted, and sent together with the time that this took", () => {
    const { digests, add, taken, allow } = setUp(1);
    add(1, 0);
    taken();
    for (let second = 1; second <= 300; second++) {
      add(1, second * 1000);
      digests.step(second * 1000);
    }
    assert.deepEqual(taken(), []);
    assert.deepEqual([...digests.heldBack], [["hook", 300]]);
    allow(1);
    digests.step(301_000);
    assert.deepEqual(taken(), [[[298, 299, 300], 297, 300_000]]);
    assert.deepEqual([...digests.heldBack], []);
  });

  test("are sent at the end, regardless of the budget", () => {
    const { digests, add, taken } = setUp(0);
    add(2, 0);
    digests.flush(60_000);
    assert.deepEqual(taken(), [[[0, 1], 0, 60_000]]);
  });

  test("are limited in memory, for any size", () => {
    const { digests, taken } = setUp(0);
    const large = { ...record, fields: { text: "x".repeat(200_000) } };
    for (let n = 0; n < 10; n++) digests.add("r", {}, "hook", [large, large, large], n);
    digests.flush(10);
    const [[events, omitted] = []] = taken();
    assert.equal((events as unknown[]).length, 1);
    assert.equal(omitted, 29);
  });
});

test("a digest says how many more there were, and in what time", () => {
  const content: EventsContent = {
    kind: "events",
    rule: "r",
    events: [record],
    labels: {},
    omitted: 31,
    heldMs: 300_400,
  };
  const mail: ActionSettings = { name: "mail", kind: "email", to: ["a@example.org"], from: "b@example.org" };
  const { subject, text } = mailOf({ id: "1", content }, "b@example.org", {});
  assert.equal(subject, "[EVENTS] r: 32 events in 5m");
  assert.match(text, /^31 more in 5m are left out\.$/m);
  const body = webhookBody({ action: { ...mail, name: "hook" }, content }, {});
  validator("webhook")(body);
  assert.partialDeepStrictEqual(body, { truncatedAlerts: 31, heldMs: 300_400 });
});
