import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delivery, Outcome } from "../../../daemon/notify/delivery.ts";
import { createDispatcher } from "../../../daemon/notify/dispatcher.ts";
import { createNotifier } from "../../../daemon/notify/notifier.ts";
import { backoffMs } from "../../../daemon/notify/receiver-queue.ts";
import type { DeliveryReport, QueueOptions } from "../../../daemon/notify/receiver-queue.ts";
import type { ActionSettings } from "../../../daemon/settings/settings.ts";
import { alert, alerts, record } from "./fixtures.ts";

const webhook: ActionSettings = { name: "hook", kind: "webhook", url: { from: "plain", value: "" }, timeoutMs: 1 };
const mail: ActionSettings = { name: "mail", kind: "email", to: ["a@example.org"], from: "b@example.org" };
const log: ActionSettings = { name: "log", kind: "log", path: "-" };

const FAILED: Outcome = { ok: false, retry: true, error: "no" };
const REFUSED: Outcome = { ok: false, retry: false, error: "never" };

/** A dispatcher on a clock that stands until it is slept on; `outcomes` answers attempts in turn, then everything succeeds. */
function setUp(outcomes: readonly Outcome[] = [], changes: Partial<QueueOptions> = {}) {
  const attempts: Delivery[] = [];
  const reports: DeliveryReport[] = [];
  const slept: number[] = [];
  let now = 0;
  const left = [...outcomes];
  const dispatcher = createDispatcher({
    attempt: (delivery) => {
      attempts.push(delivery);
      return Promise.resolve(left.shift() ?? { ok: true });
    },
    report: (report) => void reports.push(report),
    nowMs: () => now,
    random: () => 0.5,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
    maxWaiting: 3,
    giveUpAfterMs: 60_000,
    ...changes,
  });
  return { dispatcher, attempts, reports, slept };
}

function delivery(id: string, action: ActionSettings = webhook): Delivery {
  return { ...alerts(action, alert), id };
}

/** Lets all that needs no clock come to rest. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("delivers in order and tries again with growing pauses, keeping the id", async () => {
  const { dispatcher, attempts, reports, slept } = setUp([FAILED, { ...FAILED, afterMs: 7000 }, FAILED]);
  for (const id of ["1", "2"]) dispatcher.submit(delivery(id));
  await settled();
  assert.deepEqual(
    attempts.map(({ id }) => id),
    ["1", "1", "1", "1", "2"],
  );
  assert.deepEqual(slept, [500, 7000, 2000]);
  assert.deepEqual(
    reports.map(({ what }) => what),
    ["retrying"],
  );
  assert.deepEqual(dispatcher.counters().get("hook"), { delivered: 2, retried: 3, failed: 0, dropped: 0, waiting: 0 });
});

test("gives up loudly: at once where nothing can help, else after the time", async () => {
  const once = setUp([REFUSED]);
  once.dispatcher.submit(delivery("1"));
  await settled();
  assert.deepEqual(
    once.reports.map(({ what, error }) => [what, error]),
    [["failed", "never"]],
  );
  const often = setUp(Array.from({ length: 100 }, () => FAILED));
  often.dispatcher.submit(delivery("1"));
  await settled();
  assert.deepEqual(
    often.reports.map(({ what }) => what),
    ["retrying", "failed"],
  );
  assert.ok(often.slept.reduce((sum, ms) => sum + ms) >= 60_000);
  assert.equal(often.dispatcher.counters().get("hook")?.failed, 1);
});

test("a delivery that went out with a warning is delivered, and the warning is told", async () => {
  const { dispatcher, reports } = setUp([{ ok: true, warning: "half" }]);
  dispatcher.submit(delivery("1"));
  await settled();
  assert.deepEqual(
    reports.map(({ what, error }) => [what, error]),
    [["warning", "half"]],
  );
  assert.equal(dispatcher.counters().get("hook")?.delivered, 1);
});

test("one receiver's trouble delays no other, and a full queue drops its oldest", async () => {
  const hanging = new Promise<Outcome>(() => undefined);
  const delivered: string[] = [];
  const { dispatcher, reports } = setUp([], {
    attempt: ({ id, action }) => {
      if (action.name === "hook") return hanging;
      delivered.push(id);
      return Promise.resolve({ ok: true });
    },
  });
  for (const id of ["1", "2", "3", "4", "5"]) dispatcher.submit(delivery(id));
  dispatcher.submit(delivery("other", log));
  await settled();
  assert.deepEqual(delivered, ["other"]);
  assert.deepEqual(
    reports.map(({ what, delivery: { id } }) => [what, id]),
    [
      ["dropped", "2"],
      ["dropped", "3"],
    ],
  );
  assert.partialDeepStrictEqual(dispatcher.counters().get("hook"), { dropped: 2, waiting: 3 });
});

test("what an earlier process could not bring is given up by the time that it has waited in all", async () => {
  const { dispatcher, reports, slept } = setUp([FAILED, FAILED, FAILED]);
  dispatcher.submit(delivery("1"), -59_000);
  await settled();
  assert.deepEqual(
    reports.map(({ what }) => what),
    ["retrying", "failed"],
  );
  assert.ok(slept.reduce((sum, ms) => sum + ms) < 5_000);
});

test("a queue that came to rest starts again", async () => {
  const { dispatcher, attempts } = setUp();
  for (const id of ["1", "2", "3"]) {
    dispatcher.submit(delivery(id));
    await settled();
  }
  assert.equal(attempts.length, 3);
});

test("closing wakes what waits for one more attempt and gives what is left at the deadline", async () => {
  const sleep: QueueOptions["sleep"] = (_, signal) =>
    new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve())));
  const waiting = setUp([FAILED], { sleep });
  for (const id of ["1", "2"]) waiting.dispatcher.submit(delivery(id));
  await settled();
  assert.equal(waiting.attempts.length, 1);
  assert.deepEqual(await waiting.dispatcher.close(1000), []);
  assert.deepEqual(
    waiting.attempts.map(({ id }) => id),
    ["1", "1", "2"],
  );
  waiting.dispatcher.submit(delivery("late"));
  assert.deepEqual(
    waiting.reports.map(({ what }) => what),
    ["retrying", "dropped"],
  );

  const stopped: QueueOptions["attempt"] = (_, signal) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve(FAILED)));
  const hanging = setUp([], { attempt: stopped });
  for (const id of ["1", "2"]) hanging.dispatcher.submit(delivery(id));
  const left = await hanging.dispatcher.close(5);
  assert.deepEqual(
    left.map(({ delivery: { id }, sinceMs }) => [id, sinceMs]),
    [
      ["1", 0],
      ["2", 0],
    ],
  );
  assert.deepEqual(
    hanging.reports.map(({ what, delivery: { id } }) => [what, id]),
    [["retrying", "1"]],
  );
});

test("pauses double up to five minutes, jitter in full, and heed the receiver", () => {
  assert.deepEqual(
    [1, 2, 3, 9, 30].map((failures) => backoffMs(failures, 1)),
    [1000, 2000, 4000, 256_000, 300_000],
  );
  assert.equal(backoffMs(3, 0), 0);
  assert.equal(backoffMs(3, 0.25, 9000), 9000);
});

/** A notifier whose deliveries are collected. */
function notifying() {
  const submitted: Delivery[] = [];
  let ids = 0;
  const notifier = createNotifier({
    dispatcher: {
      submit: (each) => void submitted.push(each),
      counters: () => new Map(),
      waiting: () => [],
      close: () => Promise.resolve([]),
    },
    newId: () => String(++ids),
  });
  return { notifier, submitted };
}

test("records go to a log at once, to a webhook at most once a second and no more than it takes", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { notifier, submitted } = notifying();
  const seen = (): unknown =>
    submitted
      .splice(0)
      .map(({ action, content }) =>
        content.kind === "events" ? [action.name, content.rule, content.events.length, content.omitted] : [],
      );
  const burst = (count: number, rule = "r"): void =>
    notifier.events(rule, new Array(count).fill(record), {}, [log, webhook]);
  burst(1);
  assert.deepEqual(seen(), [
    ["log", "r", 1, 0],
    ["hook", "r", 1, 0],
  ]);
  burst(2);
  burst(600);
  burst(1, "other");
  assert.deepEqual(seen(), [
    ["log", "r", 2, 0],
    ["log", "r", 600, 0],
    ["log", "other", 1, 0],
    ["hook", "other", 1, 0],
  ]);
  t.mock.timers.tick(1000);
  assert.deepEqual(seen(), [["hook", "r", 500, 102]]);
  t.mock.timers.tick(5000);
  assert.deepEqual(seen(), []);
  burst(1);
  assert.deepEqual(seen(), [
    ["log", "r", 1, 0],
    ["hook", "r", 1, 0],
  ]);
});

test("closing sends what is still gathered", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { notifier, submitted } = notifying();
  notifier.events("r", [record], {}, [mail]);
  notifier.events("r", [record, record], {}, [{ ...mail, to: ["new@example.org"] }]);
  await notifier.close(0);
  assert.deepEqual(
    submitted.map(({ action, content }) => [
      action.kind === "email" ? action.to[0] : "",
      content.kind === "events" ? content.events.length : 0,
    ]),
    [
      ["a@example.org", 1],
      ["new@example.org", 2],
    ],
  );
});
