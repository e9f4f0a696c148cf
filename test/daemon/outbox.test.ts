import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Delivery } from "../../daemon/notify/delivery.ts";
import { Outbox } from "../../daemon/outbox.ts";
import type { Clock } from "../../daemon/service/clock.ts";
import { createLogger } from "../../daemon/service/logger.ts";
import type { ActionSettings } from "../../daemon/settings/settings.ts";
import { openStore } from "../../daemon/store/store.ts";
import { alert, alerts, events } from "./notify/fixtures.ts";

const SECRET = "https://user:secret@example.org/";
const hook: ActionSettings = { name: "hook", kind: "webhook", url: { from: "plain", value: SECRET }, timeoutMs: 1 };
const log: ActionSettings = { name: "log", kind: "log", path: "-" };
const ACTIONS = new Map([hook, log].map((action) => [action.name, action]));

/** A host that was started `bootMs` before, an hour after 1970. */
function clockAt(bootMs: number): Clock {
  const unixMs = 3_600_000;
  return {
    bootMs: () => bootMs,
    bootNs: () => BigInt(bootMs) * 1_000_000n,
    unixMs: () => unixMs,
    unixNs: () => BigInt(unixMs) * 1_000_000n,
    monotonicUs: () => BigInt(bootMs) * 1000n,
  };
}

function place(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-outbox-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const logger = createLogger({ level: "info", format: "json", write: () => undefined });
  return () => openStore({ path: join(folder, "state.db"), logger, nowUnixMs: () => 0 });
}

const waiting = (delivery: Delivery, sinceMs = 0) => ({ delivery, sinceMs });

test("what waits comes back in its order, with its id and the time that it has waited, and without secrets", (context) => {
  const open = place(context);
  const page = (id: string): Delivery => ({ ...alerts(hook, alert), id });
  const all = Array.from({ length: 12 }, (_, index) => waiting(page(`${(index * 7) % 12}`), 900));
  {
    using store = open();
    new Outbox({ store, clock: clockAt(1000) }).keep(all);
    store.commit();
    assert.ok(
      !JSON.stringify([...store.all({ name: "delivery", version: 1, read: (json) => json })]).includes("secret"),
    );
  }
  using store = open();
  const outbox = new Outbox({ store, clock: clockAt(50) });
  assert.deepEqual(
    outbox.open(ACTIONS).map((kept) => kept.waiting),
    all.map(({ delivery }) => ({ delivery, sinceMs: -50 })),
  );
  outbox.keep([waiting(page("0")), waiting(page("new"))]);
  store.commit();
  const left = new Outbox({ store, clock: clockAt(60) }).open(new Map([["log", log]]));
  assert.deepEqual(left, [
    { action: "hook", waiting: undefined },
    { action: "hook", waiting: undefined },
  ]);
});

test("records for a webhook are kept, those for a log of this host are not", (context) => {
  using store = place(context)();
  const outbox = new Outbox({ store, clock: clockAt(0) });
  const ofRecords = [hook, log].map((action) => waiting({ ...events(action, 1), id: action.name }));
  outbox.keep([...ofRecords, waiting({ ...alerts(log, alert), id: "alert" })]);
  const kept = new Outbox({ store, clock: clockAt(0) }).open(ACTIONS);
  assert.deepEqual(
    kept.map((each) => each.waiting?.delivery),
    [ofRecords[0]?.delivery, { ...alerts(log, alert), id: "alert" }],
  );
});
