import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Delivery, DeliveryContent } from "../../../../daemon/notify/queue/delivery.ts";
import type { Letter } from "../../../../daemon/notify/queue/letter.ts";
import { Outbox } from "../../../../daemon/notify/queue/outbox.ts";
import { createLogger } from "../../../../daemon/service/logger.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { openStore, type Store } from "../../../../daemon/store/store.ts";
import { alert, alerts, events, record } from "../fixtures.ts";

const SECRET = "https://user:secret@example.org/";
const hook: ActionSettings = { name: "hook", kind: "webhook", url: { from: "plain", value: SECRET }, timeoutMs: 1 };
const log: ActionSettings = { name: "log", kind: "log", path: "-", maxBytes: Infinity, keep: 1 };
const ACTIONS = new Map([hook, log].map((action) => [action.name, action]));
const HOUR_MS = 3_600_000;

/** A host that was started `bootMs` before, an hour after 1970. */
function clockAt(bootMs: number) {
  return { bootMs: () => bootMs, unixMs: () => HOUR_MS };
}

interface Place {
  readonly path: string;
  readonly open: () => Promise<Store>;
  /** lets time go by */
  readonly pass: (ms: number) => void;
}

function place(context: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-outbox-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const logger = createLogger({ level: "info", format: "json", write: () => undefined });
  const path = join(folder, "state.db");
  let nowMs = 0;
  const now = (): number => nowMs;
  const open = (): Promise<Store> => openStore({ path, kinds: [], logger, nowUnixMs: now, nowMs: now });
  return { path, open, pass: (ms) => void (nowMs += ms) };
}

function outboxAt(bootMs: number): Outbox {
  const outbox = new Outbox(clockAt(bootMs));
  outbox.use(1e9);
  return outbox;
}

const page = (id: string, ...more: readonly (typeof alert)[]): Delivery => ({ ...alerts(hook, alert, ...more), id });

const idsOf = (letters: readonly Letter[]): readonly string[] => letters.map(({ id }) => id);

function contentOf(loaded: Awaited<ReturnType<Outbox["load"]>>): DeliveryContent | undefined {
  return "ok" in loaded ? undefined : loaded.content;
}

test("waiting messages come back in order, with their ids and ages, and without secrets", async (context) => {
  const { path, open } = place(context);
  const ids = Array.from({ length: 12 }, (_, index) => `${(index * 7) % 12}`);
  {
    await using store = await open();
    const outbox = outboxAt(1000);
    outbox.open(store, ACTIONS);
    for (const id of ids) outbox.add(page(id), 900);
    assert.deepEqual(outbox.keep(), []);
    await store.commit();
  }
  assert.doesNotMatch(readFileSync(path, "latin1"), /secret/);
  await using store = await open();
  const outbox = outboxAt(50);
  const { waiting } = outbox.open(store, ACTIONS);
  assert.deepEqual(
    waiting.map(({ id, sinceMs, level, items }) => [id, sinceMs, level, items]),
    ids.map((id) => [id, -50, "warning", 1]),
  );
  assert.deepEqual(await outbox.load("3"), page("3"));
  const [first, ...others] = waiting;
  if (first !== undefined) outbox.settle(first);
  outbox.keep();
  await store.commit();
  await store[Symbol.asyncDispose]();
  await using third = await open();
  const { waiting: left, lost } = outboxAt(60).open(third, new Map([["log", log]]));
  assert.deepEqual([left.length, lost.length], [0, others.length]);
});

test("records for a webhook are kept, records for a log of this host are not", async (context) => {
  const { open } = place(context);
  await using store = await open();
  const outbox = outboxAt(0);
  outbox.open(store, ACTIONS);
  for (const action of [hook, log]) outbox.add({ ...events(action, 1), id: action.name }, 0);
  outbox.add({ ...alerts(log, alert), id: "alert" }, 0);
  outbox.keep();
  await store[Symbol.asyncDispose]();
  await using again = await open();
  assert.deepEqual(
    outboxAt(0)
      .open(again, ACTIONS)
      .waiting.map(({ id }) => id),
    ["hook", "alert"],
  );
});

test("content that is in the store leaves memory, and comes back piece by piece", async (context) => {
  const { open } = place(context);
  await using store = await open();
  const outbox = outboxAt(0);
  outbox.open(store, ACTIONS);
  const many = Array.from({ length: 500 }, (_, n) => ({ ...alert, summary: "x".repeat(1000), labels: { n: `${n}` } }));
  for (let n = 0; n < 40; n++) outbox.add(page(`${n}`, ...many), 0);
  outbox.keep();
  const heldAtFirst = outbox.memoryBytes;
  await store.commit();
  outbox.keep();
  assert.ok(heldAtFirst > 20_000_000, String(heldAtFirst));
  assert.ok(outbox.memoryBytes <= 4 * 1024 * 1024, String(outbox.memoryBytes));
  for (const id of ["0", "39"]) assert.deepEqual(await outbox.load(id), page(id, ...many));
});

test("beyond the limit, the least severe and then the oldest messages of the rule that sends most are dropped", async (context) => {
  const { open } = place(context);
  await using store = await open();
  const outbox = outboxAt(0);
  outbox.open(store, ACTIONS);
  const of = (id: string, level: "warning" | "critical", rule: string, count: number): Delivery => {
    const made = page(id, ...Array.from({ length: count }, () => alert));
    if (made.content.kind !== "alerts") throw new Error("expected alerts");
    return {
      ...made,
      content: { ...made.content, rule, alerts: made.content.alerts.map((each) => ({ ...each, level })) },
    };
  };
  outbox.add(of("critical", "critical", "a", 100), 0);
  outbox.add(of("small", "warning", "b", 1), 0);
  for (const id of ["noisy 1", "noisy 2", "noisy 3"]) outbox.add(of(id, "warning", "c", 100), 0);
  outbox.keep();
  const bytes = outbox.memoryBytes;
  outbox.use(bytes * 0.7);
  const dropped = (): readonly string[] => {
    const letters = outbox.keep();
    for (const letter of letters) outbox.settle(letter);
    return letters.map(({ id }) => id);
  };
  assert.deepEqual(dropped(), ["noisy 1", "noisy 2"]);
  outbox.use(bytes * 0.26);
  assert.deepEqual(dropped(), ["noisy 3"]);
  outbox.use(1000);
  assert.deepEqual(dropped(), ["small", "critical"]);
});

test("if nothing can be stored, memory is bounded too", () => {
  const outbox = outboxAt(0);
  const many = Array.from({ length: 500 }, () => ({ ...alert, summary: "x".repeat(2000) }));
  for (let n = 0; n < 60; n++) outbox.add(page(`${n}`, ...many), 0);
  for (const letter of outbox.keep()) outbox.settle(letter);
  assert.ok(outbox.memoryBytes <= 32 * 1024 * 1024);
  const huge = { ...record, fields: { command: "x".repeat(4096) } };
  for (let n = 0; n < 30; n++)
    outbox.add({ ...events(log, 0, ...Array.from({ length: 512 }, () => huge)), id: `log ${n}` }, 0);
  for (const letter of outbox.keep()) outbox.settle(letter);
  assert.ok(outbox.memoryBytes <= 32 * 1024 * 1024);
});

test("a letter that was given up stays in the store with its error, the last hundred of them", async (context) => {
  const { open } = place(context);
  {
    await using store = await open();
    const outbox = outboxAt(0);
    outbox.open(store, ACTIONS);
    for (let n = 0; n < 120; n++) {
      const letter = outbox.add(page(`${n}`), 0);
      if (n % 2 === 0) outbox.keep();
      outbox.settle(letter, `HTTP ${n}`);
      await store.commit();
    }
    assert.equal(outbox.deadLetters.length, 100);
  }
  await using store = await open();
  const outbox = outboxAt(0);
  assert.deepEqual(outbox.open(store, ACTIONS).waiting, []);
  assert.equal(outbox.deadLetters.length, 100);
  assert.partialDeepStrictEqual(outbox.deadLetters.at(-1), {
    letter: { id: "119", action: "hook" },
    failed: { error: "HTTP 119", unixMs: HOUR_MS },
  });
});

test("a rewritten state keeps messages that were given up, and no records for a log of this host", async (context) => {
  const { open, path, pass } = place(context);
  {
    await using store = await open();
    const outbox = outboxAt(0);
    outbox.open(store, ACTIONS);
    outbox.settle(outbox.add(page("dead"), 0), "HTTP 400");
  }
  {
    await using store = await open();
    const outbox = outboxAt(0);
    outbox.open(store, ACTIONS);
    outbox.add({ ...events(log, 1), id: "log" }, 0);
    outbox.add(page("waiting"), 0);
    outbox.keep();
    await store.commit();
    rmSync(`${path}-wal`);
    pass(5000);
    for (let renewal = store.renew(); renewal !== "anew"; renewal = store.renew()) await delay(10);
    assert.deepEqual(outbox.renew(), []);
  }
  await using store = await open();
  const outbox = outboxAt(0);
  const { waiting } = outbox.open(store, ACTIONS);
  assert.deepEqual([waiting, outbox.deadLetters.map(({ letter }) => letter)].map(idsOf), [["waiting"], ["dead"]]);
});

test("content that cannot be read is a fault of that message alone", async (context) => {
  const { path, open } = place(context);
  {
    await using store = await open();
    const outbox = outboxAt(0);
    outbox.open(store, ACTIONS);
    for (const id of ["a", "b", "c"]) outbox.add(page(id), 0);
    outbox.keep();
  }
  const database = new DatabaseSync(path);
  database.exec("UPDATE letters SET content = '{' WHERE id = 'a'");
  database.exec("UPDATE letters SET content = '[]' WHERE id = 'b'");
  database.close();
  await using store = await open();
  const outbox = outboxAt(0);
  outbox.open(store, ACTIONS);
  for (const id of ["a", "b"]) assert.partialDeepStrictEqual(await outbox.load(id), { ok: false, trouble: "message" });
  assert.deepEqual(contentOf(await outbox.load("c")), page("c").content);
});

test("a message that is delivered at once need not be read again, and a waiting one takes no memory", async (context) => {
  const { open } = place(context);
  await using store = await open();
  let nowMs = 1000;
  const outbox = new Outbox({ bootMs: () => nowMs, unixMs: () => HOUR_MS });
  outbox.use(1e9);
  outbox.open(store, ACTIONS);
  const delivery = page("1");
  outbox.add(delivery, nowMs);
  outbox.keep();
  await store.commit();
  assert.equal(contentOf(await outbox.load("1")), delivery.content);
  assert.ok(outbox.memoryBytes > 0);
  nowMs += 10_000;
  outbox.keep();
  assert.equal(outbox.memoryBytes, 0);
  const read = contentOf(await outbox.load("1"));
  assert.deepEqual(read, delivery.content);
  assert.notEqual(read, delivery.content);
});
