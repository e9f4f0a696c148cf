import assert from "node:assert/strict";
import { test } from "node:test";
import { resendOf } from "../../../../daemon/notify/queue/resend.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { about, FAILED, world } from "../dispatcher-fixture.ts";
import { alert, alerts, resolved } from "../fixtures.ts";

test("a message that is never accepted delays others for seconds at most, and is tried less and less often", async () => {
  const { dispatcher, tried, delivered, run } = world((id) => (id === "poison" ? FAILED : undefined));
  dispatcher.submit(about("poison"));
  dispatcher.submit(about("other"));
  await run(10_000);
  assert.deepEqual(delivered, ["other"]);
  for (let n = 0; n < 100; n++) {
    dispatcher.submit(about(`later ${n}`));
    await run(10);
    assert.equal(delivered.length, n + 2, "at once");
    await run(60_000);
  }
  const tries = tried.filter(([, id]) => id === "poison").length;
  assert.ok(tries > 10 && tries < 100, String(tries));
  const [failing] = dispatcher.receivers.get("hook")?.failing ?? [];
  assert.partialDeepStrictEqual(failing, { letter: { id: "poison" }, tries, lastError: "no" });
});

test("many messages that are never accepted let a good one through within half a minute", async () => {
  const { dispatcher, delivered, run } = world((id) => (id.startsWith("poison") ? FAILED : undefined));
  for (let n = 0; n < 50; n++) dispatcher.submit(about(`poison ${n}`));
  await run(3_600_000);
  dispatcher.submit(about("good"));
  await run(30_000);
  assert.deepEqual(delivered, ["good"]);
});

test("a receiver that is gone for hours is tried seldom, and gets everything when it is back", async () => {
  const hours = 4 * 3_600_000;
  const { dispatcher, tried, delivered, run } = world((_, now) => (now < hours ? FAILED : undefined));
  for (let n = 0; n < 240; n++) {
    dispatcher.submit(about(`${n}`));
    await run(60_000);
  }
  assert.ok(tried.length < 1000, String(tried.length));
  await run(300_000);
  assert.equal(delivered.length, 240);
});

test("messages of one group are never sent out of order; a later one replaces one that is never accepted", async () => {
  let isPoison = true;
  const { dispatcher, delivered, reports, run } = world((id) => (id === "firing" && isPoison ? FAILED : undefined));
  const goOn = async (minutes: number): Promise<void> => {
    for (let n = 0; n < minutes; n++) {
      dispatcher.submit(about("others", `other ${Math.random()}`));
      await run(60_000);
    }
  };
  dispatcher.submit(about("group", "firing"));
  dispatcher.submit(about("group", "resolved"));
  await run(10_000);
  assert.equal(delivered.length, 0);
  await goOn(30);
  assert.ok(delivered.includes("resolved"));
  isPoison = false;
  await goOn(30);
  assert.ok(!delivered.includes("firing"));
  const failed = reports.find(({ what }) => what === "failed");
  assert.equal(failed?.letter.id, "firing");
  assert.match(failed?.error ?? "", /a later message of its group was delivered in its place; its last error: no/);
});

test("a receiver that asks for a pause gets it; a refused message alone does not delay others", async () => {
  const busy = world((_, now) => (now < 50_000 ? { ...FAILED, afterMs: 50_000, isForAll: true } : undefined));
  busy.dispatcher.submit(about("a"));
  await busy.run(1000);
  busy.dispatcher.submit(about("b"));
  await busy.run(48_000);
  assert.equal(busy.tried.length, 1);
  await busy.run(10_000);
  assert.deepEqual(busy.delivered.toSorted(), ["a", "b"]);
  const slow = world((id) => (id === "a" ? { ...FAILED, afterMs: 3_600_000 } : undefined));
  slow.dispatcher.submit(about("a"));
  await slow.run(1000);
  slow.dispatcher.submit(about("b"));
  await slow.run(1000);
  assert.deepEqual(slow.delivered, ["b"]);
});

test("a receiver that refuses us is tried slowly for six hours", async () => {
  const { dispatcher, tried, reports, run } = world(() => ({ ok: false, trouble: "setup", error: "HTTP 401" }));
  dispatcher.submit(about("a"));
  await run(5.9 * 3_600_000);
  assert.ok(tried.length > 50 && tried.length < 400, String(tried.length));
  assert.deepEqual(
    reports.map(({ what }) => what),
    ["retrying"],
  );
  await run(3_600_000);
  assert.deepEqual(
    reports.map(({ what }) => what),
    ["retrying", "failed"],
  );
});

test("new settings cut every pause short", async () => {
  let isBroken = true;
  const { dispatcher, delivered, run } = world(() => (isBroken ? { ...FAILED, trouble: "setup" } : undefined));
  dispatcher.submit(about("a"));
  dispatcher.submit(about("b"));
  await run(3_600_000);
  isBroken = false;
  dispatcher.use(new Map(), Infinity);
  await run(0);
  assert.deepEqual(delivered.toSorted(), ["a", "b"]);
});

test("at the end a message is not sent if an earlier one of its group was not", async () => {
  const { dispatcher, delivered, run } = world((id) => (id === "firing" ? FAILED : undefined));
  dispatcher.submit(about("group", "firing"));
  dispatcher.submit(about("group", "resolved"));
  dispatcher.submit(about("other"));
  await run(0);
  const closed = dispatcher.close(1000);
  await run(2000);
  assert.deepEqual(
    (await closed).map(({ id }) => id),
    ["firing", "resolved"],
  );
  assert.deepEqual(delivered, ["other"]);
});

test("a resend to Alertmanager that fails again and again does not come after the end of its alert", async () => {
  const am: ActionSettings = { name: "am", kind: "alertmanager", urls: [], timeoutMs: 1 };
  const { dispatcher, delivered, run } = world((_, now) => (now < 20_000 ? FAILED : undefined));
  dispatcher.submit({ id: "resend", action: am, content: resendOf([alert], 0) });
  await run(10_000);
  dispatcher.submit({ ...alerts(am, resolved), id: "end" });
  await run(60_000);
  assert.deepEqual(delivered, ["resend", "end"]);
});
