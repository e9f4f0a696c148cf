import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createLogger } from "../../../daemon/service/logger.ts";
import { documentKind } from "../../../daemon/store/document-kind.ts";
import type { EntriesQuestion, HistoryReport, WeeklyReport } from "../../../daemon/store/history-answers.ts";
import type { HistoryAlert, HistoryChange } from "../../../daemon/store/history-change.ts";
import { answerOfFile } from "../../../daemon/store/history-file.ts";
import { HistoryQueue } from "../../../daemon/store/history-queue.ts";
import { openStore, type Store } from "../../../daemon/store/store.ts";

const NOW = Date.UTC(2026, 10, 26, 8);
const HOUR_MS = 3_600_000;
const LIMITS = { retainMs: 90 * 24 * HOUR_MS, rows: 1000 };
const ALL = { kind: "entries", sinceUnixMs: 0, untilUnixMs: NOW, drills: false, limit: 10_000 } as const;

const LETTER = { sequence: 1, action: "hook", rule: "r", level: 1, items: 1, sinceUnixMs: NOW, bytes: 2 } as const;

function place(context: TestContext): { readonly path: string; readonly open: () => Promise<Store> } {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-history-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const logger = createLogger({ level: "error", format: "json", write: () => undefined });
  const path = join(folder, "state.db");
  const open = (): Promise<Store> => openStore({ path, kinds: [], logger, nowUnixMs: () => NOW, nowMs: () => 0 });
  return { path, open };
}

/** An alert that fired so many hours ago, for a quarter of an hour unless it still fires. */
function alert(id: string, hoursAgo: number, more: Partial<HistoryAlert> = {}): HistoryAlert {
  const firedUnixMs = NOW - hoursAgo * HOUR_MS;
  return {
    ...{ kind: "alert", id, rule: "r", alertname: "r", labels: { comm: "dd" }, level: "warning", peak: "warning" },
    ...{ firedUnixMs, reason: "value 3 > 2", summary: "r: value 3 > 2", isDrill: false },
    ended: { unixMs: firedUnixMs + HOUR_MS / 4, reason: "value 0 > 2 no longer holds" },
    ...more,
  };
}

function firing(id: string, hoursAgo: number): HistoryAlert {
  const { ended: _, ...still } = alert(id, hoursAgo);
  return still;
}

async function kept(store: Store, changes: readonly HistoryChange[], limits = LIMITS): Promise<void> {
  store.history.use(limits);
  for (const change of changes) store.history.add(change);
  await store.commit();
}

/** Waits for the batches before: the thread answers in order once all were given to it. */
async function entries(store: Store, count: number, question: Partial<EntriesQuestion> = {}): Promise<HistoryReport> {
  for (let tries = 0; ; tries++) {
    const report = JSON.parse(await store.history.ask({ ...ALL, ...question })) as HistoryReport;
    if (report.alerts.length + report.omitted === count || tries > 1000) return report;
    await delay(10);
  }
}

test("the history survives a restart, and is read without a daemon, with nothing changed in the file", async (context) => {
  const { path, open } = place(context);
  {
    await using store = await open();
    await kept(store, [
      firing("a", 3),
      { kind: "hold", alert: "a", stage: "silence", reason: "silenced", unixMs: NOW - 2 * HOUR_MS },
      {
        kind: "message",
        id: "m",
        receiver: "hook",
        rule: "r",
        items: 1,
        unixMs: NOW,
        alerts: [{ id: "a", status: "firing" }],
      },
    ]);
  }
  {
    await using store = await open();
    const settled = { receiver: "hook", rule: "r", items: 1, sinceUnixMs: NOW, unixMs: NOW + 5 } as const;
    await kept(store, [
      alert("a", 3, { level: "critical", peak: "critical", leveledUnixMs: NOW - HOUR_MS }),
      { kind: "delivery", id: "m", ...settled, outcome: "failed", error: "HTTP 500" },
    ]);
    const { alerts } = await entries(store, 1);
    assert.equal(alerts[0]?.notified[0]?.outcome, "failed");
  }
  const { alerts } = answerOfFile(path, ALL, NOW) as HistoryReport;
  assert.deepEqual(alerts, [
    {
      ...{ id: "a", alertname: "r", rule: "r", labels: { comm: "dd" }, level: "critical", peak: "critical" },
      ...{ firedAt: "2026-11-26T05:00:00.000Z", endedAt: "2026-11-26T05:15:00.000Z", lastedMs: HOUR_MS / 4 },
      ...{ reason: "value 3 > 2", endReason: "value 0 > 2 no longer holds", summary: "r: value 3 > 2" },
      levels: [{ at: "2026-11-26T07:00:00.000Z", level: "critical", reason: "value 3 > 2" }],
      notified: [
        {
          ...{ receiver: "hook", status: "firing", at: "2026-11-26T08:00:00.000Z", outcome: "failed" },
          ...{ settledAt: "2026-11-26T08:00:00.005Z", error: "HTTP 500" },
        },
      ],
      heldBack: [{ stage: "silence", reason: "silenced", at: "2026-11-26T06:00:00.000Z" }],
      drill: false,
    },
  ]);
});

test("ten thousand alerts at once are written in batches after the state, and the oldest are removed", async (context) => {
  const { open, path } = place(context);
  {
    await using store = await open();
    const many = Array.from({ length: 10_000 }, (_, number) => alert(`id${number}`, 10 - number / 1000));
    await kept(store, many);
    const isLast = ({ alerts: [latest] }: HistoryReport): boolean => latest?.id === "id9999";
    while (!isLast(await entries(store, 1000, { limit: 1 }))) await delay(10);
    const { alerts, omitted } = await entries(store, 1000, { limit: 3 });
    assert.deepEqual([alerts.map(({ id }) => id), omitted], [["id9997", "id9998", "id9999"], 997]);
    await kept(store, [alert("old", 100 * 24), alert("news", 0)], { retainMs: 30 * 24 * HOUR_MS, rows: 1_000_000 });
    assert.equal((await entries(store, 1001)).alerts.at(-1)?.id, "news");
  }
  using database = new DatabaseSync(path);
  assert.equal(database.prepare("SELECT count(*) AS n FROM history").get()?.["n"], 1001);
});

test("a row that the schema does not take keeps no other from being written; no rows keep no history", async (context) => {
  await using store = await place(context).open();
  await kept(store, [alert("bad", 1, { firedUnixMs: NaN }), alert("good", 1)]);
  assert.deepEqual(
    (await entries(store, 1)).alerts.map(({ id }) => id),
    ["good"],
  );
  assert.equal(store.history.trouble, undefined);
  await kept(store, [alert("more", 1)], { ...LIMITS, rows: 0 });
  assert.equal((await entries(store, 1)).alerts.length, 1);
});

test("the report counts alerts, times, flapping, keys, what was held back, and what was not delivered", async (context) => {
  await using store = await place(context).open();
  const flaps = Array.from({ length: 4 }, (_, number) =>
    alert(`f${number}`, 5 + number / 10, { labels: { comm: "tar" } }),
  );
  const long = alert("long", 20, { alertname: "s", rule: "s", ended: { unixMs: NOW - 10 * HOUR_MS, reason: "" } });
  const notified = { rule: "r", items: 1, unixMs: NOW - HOUR_MS } as const;
  await kept(store, [
    ...[...flaps, alert("other", 2), long, alert("drill", 1, { isDrill: true }), alert("before", 24 * 9)],
    { kind: "hold", alert: "f0", stage: "budget", reason: "60 an hour", receiver: "mail", unixMs: NOW },
    { kind: "message", id: "m", receiver: "hook", ...notified, alerts: [{ id: "f1", status: "firing" }] },
    { kind: "delivery", id: "m", receiver: "hook", ...notified, sinceUnixMs: NOW, outcome: "delivered" },
    {
      kind: "delivery",
      id: "n",
      receiver: "hook",
      ...notified,
      sinceUnixMs: NOW,
      outcome: "dropped",
      error: "too much",
    },
    { kind: "loss", rule: "r", what: "lostEvents", count: 3, unixMs: NOW - HOUR_MS },
    { kind: "loss", rule: "r", what: "lostEvents", count: 4, unixMs: NOW - HOUR_MS },
  ]);
  await entries(store, 7);
  const question = {
    kind: "report",
    sinceUnixMs: NOW - 7 * 24 * HOUR_MS,
    untilUnixMs: NOW,
    rules: ["r", "quiet"],
  } as const;
  const report = JSON.parse(await store.history.ask(question)) as WeeklyReport;
  const quarter = { medianMs: HOUR_MS / 4, longestMs: HOUR_MS / 4 };
  assert.deepEqual(report, {
    ...{ since: "2026-11-19T08:00:00.000Z", until: "2026-11-26T08:00:00.000Z", alerts: 6, drills: 1 },
    rules: [
      {
        ...{ alertname: "r", rule: "r", alerts: 5, firing: 0, ...quarter },
        mostWithinHour: 4,
        heldBack: 1,
        notNotified: 4,
      },
      {
        ...{ alertname: "s", rule: "s", alerts: 1, firing: 0, medianMs: 10 * HOUR_MS, longestMs: 10 * HOUR_MS },
        ...{ mostWithinHour: 1, heldBack: 0, notNotified: 1 },
      },
    ],
    keys: [{ alertname: "r", labels: { comm: "tar" }, alerts: 4 }],
    neverFired: ["quiet"],
    heldBack: [{ stage: "budget", reason: "60 an hour", alerts: 1 }],
    receivers: [{ receiver: "hook", delivered: 1, waiting: 0, failed: 0, dropped: 1, error: "too much" }],
    losses: [{ rule: "r", what: "lostEvents", count: 7 }],
  });
});

test("changes beyond the limit are lost and counted while the disk takes none", () => {
  const queue = new HistoryQueue(3);
  for (let number = 0; number < 5; number++) queue.add(alert(`a${number}`, 1));
  assert.deepEqual([queue.next().length, queue.lost], [3, 2]);
  queue.drop(3);
  assert.ok(queue.isEmpty);
  const flood = new HistoryQueue();
  for (let number = 0; number < 10_000; number++) flood.add(alert(`a${number}`, 1));
  assert.equal(flood.next().length, 500, "copying more at once would delay the tick");
});

test(
  "a disk with little room loses history before state, and history is written again once there is room",
  { skip: process.getuid?.() !== 0 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-history-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m", "bpfwarden-test", folder]);
    try {
      let nowMs = 0;
      const logger = createLogger({ level: "error", format: "json", write: () => undefined });
      const clocks = { nowUnixMs: () => NOW, nowMs: () => nowMs };
      const alerts = documentKind<string>("alerts", 1);
      await using store = await openStore({ path: join(folder, "state.db"), kinds: [alerts], logger, ...clocks });
      await kept(store, [alert("a", 1)]);
      for (let tries = 0; tries < 1000 && store.history.trouble === undefined; tries++) await delay(10);
      assert.match(store.history.trouble ?? "", /^less than 8 MiB of the disk are free$/);
      store.put(alerts, "rule", "fires");
      await store.commit();
      assert.equal(store.trouble, undefined);
      execFileSync("mount", ["-o", "remount,size=64m", folder]);
      nowMs += 5000;
      await store.commit();
      assert.equal((await entries(store, 1)).alerts[0]?.id, "a");
      assert.equal(store.history.trouble, undefined);
    } finally {
      execFileSync("umount", ["-l", folder]);
      rmSync(folder, { recursive: true });
    }
  },
);

test("a database of the version before gets a history and keeps its messages", async (context) => {
  const { path, open } = place(context);
  {
    await using store = await open();
    store.changeLetter({ id: "a", put: { row: { ...LETTER, id: "a" }, content: "{}" } });
    await store.commit();
  }
  {
    using database = new DatabaseSync(path);
    const tables = ["history", "history_holds", "history_messages", "history_news", "history_losses"];
    database.exec(`${tables.map((table) => `DROP TABLE ${table};`).join("")} PRAGMA user_version = 3`);
  }
  await using store = await open();
  assert.deepEqual(
    store.takeLetters().letters.map(({ id }) => id),
    ["a"],
  );
  await kept(store, [alert("a", 1)]);
  assert.equal((await entries(store, 1)).alerts.length, 1);
});
