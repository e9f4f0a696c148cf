import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { createLogger } from "../../../daemon/service/logger.ts";
import { documentKind } from "../../../daemon/store/document-kind.ts";
import { openStore, type Store } from "../../../daemon/store/store.ts";

const NUMBERS = documentKind<number>("number", 1);
const HUGE = 200_000_000;

async function spoilt(context: TestContext, spoil: (database: DatabaseSync) => void): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-any-database-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const logger = createLogger({ level: "info", format: "json", write: () => undefined });
  const path = join(folder, "state.db");
  const open = (): Promise<Store> => openStore({ path, kinds: [NUMBERS], logger, nowUnixMs: () => 0, nowMs: () => 0 });
  {
    await using store = await open();
    store.put(NUMBERS, "good", 7);
  }
  const database = new DatabaseSync(path);
  spoil(database);
  database.close();
  return open();
}

/** Deliveries that wait, by SQL: `n` is the number of each. */
function letters(count: number, content: string): string {
  return `WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${count})
    INSERT INTO letters SELECT 'id' || n, n, 'hook', 'r', NULL, n % 3, 1, 0, ${content}, NULL, NULL FROM counter`;
}

for (const [what, sql] of Object.entries({
  "a document of 200 MB": `INSERT INTO documents VALUES ('number', 'a', 1, hex(zeroblob(${HUGE / 2})))`,
  "a name of 200 MB": `INSERT INTO documents VALUES ('number', hex(zeroblob(${HUGE / 2})), 1, '1')`,
  "a version beyond what a double can hold": "INSERT INTO documents VALUES ('number', 'a', 9223372036854775807, '1')",
  "a million documents": `WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 1000000)
    INSERT INTO documents SELECT 'number', 'x' || n, 1, '{' FROM counter`,
  "a delivery of 200 MB": letters(1, `hex(zeroblob(${HUGE / 2}))`),
  "deliveries with no numbers":
    "INSERT INTO letters VALUES ('', -9223372036854775808, '', '', '', 99, -1, 9223372036854775807, '', NULL, '')",
})) {
  test(`a database with ${what} opens, and the rest is read`, async (context) => {
    await using store = await spoilt(context, (database) => database.exec(sql));
    assert.equal(store.trouble, undefined);
    assert.equal(store.get(NUMBERS, "good"), 7);
    store.put(NUMBERS, "new", 1);
    await store.commit();
    assert.equal(store.trouble, undefined);
  });
}

test("of too many deliveries the latest and most severe remain, and the others are counted", async (context) => {
  await using store = await spoilt(context, (database) => database.exec(letters(300_000, "'{}'")));
  const { letters: left, unread } = store.takeLetters();
  assert.equal(left.length, 10_000);
  assert.ok(left.every(({ level }) => level === 2));
  assert.equal(left.at(-1)?.id, "id299999");
  const dropped = Object.fromEntries(unread.map(({ level, letters: count }) => [level, count]));
  assert.deepEqual(dropped, { 0: 100_000, 1: 100_000, 2: 90_000 });
});

test("deliveries of a database without a table for them are converted, garbage is not", async (context) => {
  await using store = await spoilt(context, (database) => {
    const added = ["letters", "history", "history_holds", "history_messages", "history_news", "history_losses"];
    database.exec(`${added.map((table) => `DROP TABLE ${table};`).join("")} PRAGMA user_version = 2`);
    const content = { kind: "alerts", rule: "r", alerts: [{ level: "critical" }, {}], group: { key: "g" } };
    const put = database.prepare("INSERT INTO documents VALUES ('delivery', ?, ?, ?)");
    put.run("000000000001", 1, JSON.stringify({ id: "b", action: "hook", sinceUnixMs: 12, content }));
    put.run("000000000002", 1, JSON.stringify({ id: "a", action: "hook", sinceUnixMs: 13.5, content }));
    put.run("000000000003", 1, "{");
    put.run("000000000004", 1, JSON.stringify({ id: 5, action: "hook", sinceUnixMs: 13, content }));
    put.run("000000000005", 1, "[]");
    put.run("000000000006", 2, "{}");
  });
  assert.equal(store.trouble, undefined);
  assert.deepEqual(
    store.takeLetters().letters.map(({ id, lane, level, items, sinceUnixMs }) => [id, lane, level, items, sinceUnixMs]),
    [
      ["b", "g", 2, 2, 12],
      ["a", "g", 2, 2, 13],
    ],
  );
});
