import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Outcome } from "../../../../daemon/notify/queue/delivery.ts";
import type { DispatcherOptions } from "../../../../daemon/notify/queue/dispatcher.ts";
import { backoffMs } from "../../../../daemon/notify/queue/waiting-letter.ts";
import { createLogger } from "../../../../daemon/service/logger.ts";
import { openStore, type Store } from "../../../../daemon/store/store.ts";
import { DAY_MS, delivery, FAILED, log, REFUSED, settled, setUp, webhook } from "../dispatcher-fixture.ts";

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
  assert.deepEqual(dispatcher.receivers.get("hook")?.counters, {
    delivered: 2,
    retried: 3,
    failed: 0,
    dropped: 0,
    waiting: 0,
  });
});

test("reports that it gives up: at once for permanent errors, otherwise after the time", async () => {
  const once = setUp([REFUSED]);
  once.dispatcher.submit(delivery("1"));
  await settled();
  assert.deepEqual(
    once.reports.map(({ what, error }) => [what, error]),
    [["failed", "never"]],
  );
  const often = setUp(Array.from({ length: 1000 }, () => FAILED));
  often.dispatcher.submit(delivery("1"));
  await settled();
  assert.deepEqual(
    often.reports.map(({ what }) => what),
    ["retrying", "failed"],
  );
  assert.ok(often.slept.reduce((sum, ms) => sum + ms) >= DAY_MS);
  assert.equal(often.dispatcher.receivers.get("hook")?.counters?.failed, 1);
});

test("a delivery with a warning counts as delivered, and the warning is reported", async () => {
  const { dispatcher, reports } = setUp([{ ok: true, warning: "half" }]);
  dispatcher.submit(delivery("1"));
  await settled();
  assert.deepEqual(
    reports.map(({ what, error }) => [what, error]),
    [["warning", "half"]],
  );
  assert.equal(dispatcher.receivers.get("hook")?.counters?.delivered, 1);
});

test("a receiver in trouble does not delay others", async () => {
  const hanging = new Promise<Outcome>(() => undefined);
  const delivered: string[] = [];
  const { dispatcher } = setUp([], {
    attempt: ({ id, action }) => {
      if (action.name === "hook") return hanging;
      delivered.push(id);
      return Promise.resolve({ ok: true });
    },
  });
  dispatcher.submit(delivery("1"));
  dispatcher.submit(delivery("other", log));
  await settled();
  assert.deepEqual(delivered, ["other"]);
  assert.partialDeepStrictEqual(dispatcher.receivers.get("hook")?.counters, { waiting: 1 });
});

test("a delivery goes to its action as it is now, or as it was if the action is gone", async () => {
  const { dispatcher, attempts } = setUp();
  const changed = { ...webhook, timeoutMs: 2 };
  dispatcher.use(new Map([[webhook.name, changed]]), Infinity);
  dispatcher.submit(delivery("1"));
  await settled();
  dispatcher.use(new Map(), Infinity);
  dispatcher.submit(delivery("2"));
  await settled();
  assert.deepEqual(
    attempts.map(({ action }) => action),
    [changed, webhook],
  );
});

test("a queue that came to rest starts again", async () => {
  const { dispatcher, attempts } = setUp();
  for (const id of ["1", "2", "3"]) {
    dispatcher.submit(delivery(id));
    await settled();
  }
  assert.equal(attempts.length, 3);
});

test("closing tries each waiting message once more, and returns the rest at the deadline", async () => {
  const sleep: DispatcherOptions["sleep"] = (_, signal) =>
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

  const stopped: DispatcherOptions["attempt"] = (_, signal) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve(FAILED)));
  const hanging = setUp([], { attempt: stopped });
  for (const id of ["1", "2"]) hanging.dispatcher.submit(delivery(id));
  const left = await hanging.dispatcher.close(5);
  assert.deepEqual(
    left.map(({ id, sinceMs }) => [id, sinceMs]),
    [
      ["1", 0],
      ["2", 0],
    ],
  );
  assert.deepEqual(
    hanging.reports.map(({ what, letter: { id } }) => [what, id]),
    [["retrying", "1"]],
  );
});

test("messages that an earlier process gave up count for their receiver", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-dispatcher-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const logger = createLogger({ level: "info", format: "json", write: () => undefined });
  const now = (): number => 0;
  const open = (): Promise<Store> =>
    openStore({ path: join(folder, "state.db"), kinds: [], logger, nowUnixMs: now, nowMs: now });
  {
    await using store = await open();
    const { dispatcher } = setUp([REFUSED]);
    dispatcher.open(store);
    dispatcher.submit(delivery("1"));
    await settled();
  }
  await using store = await open();
  const { dispatcher } = setUp();
  dispatcher.use(new Map([[webhook.name, webhook]]), Infinity);
  dispatcher.open(store);
  assert.partialDeepStrictEqual(dispatcher.receivers.get("hook")?.lastGivenUp, {
    letter: { id: "1" },
    error: "never",
    // As nobody keeps what waits, it was held for as long as may be.
    atMs: 500,
  });
});

test("pauses double up to five minutes and jitter in full", () => {
  assert.deepEqual(
    [1, 2, 3, 9, 30].map((failures) => backoffMs("passing", failures, 1)),
    [1000, 2000, 4000, 256_000, 300_000],
  );
  assert.equal(backoffMs("passing", 3, 0), 0);
});
