import assert from "node:assert/strict";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createLogger } from "../../../daemon/service/logger.ts";
import { type DocumentKind, documentKind } from "../../../daemon/store/document-kind.ts";
import { openStore, type Renewal, type Store } from "../../../daemon/store/store.ts";

const COLOURS = documentKind<{ readonly color: string }>("color", 1);
const NUMBERS = documentKind<number>("number", 1);

interface Place {
  readonly folder: string;
  readonly path: string;
  readonly log: string[];
  readonly open: () => Promise<Store>;
  /** lets time go by */
  readonly pass: (ms: number) => void;
}

/** A folder of the test's own, gone after it. */
function place(context: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-store-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const log: string[] = [];
  const logger = createLogger({ level: "info", format: "json", write: (line) => void log.push(line) });
  const path = join(folder, "state/state.db");
  let nowUnixMs = Date.UTC(2026, 10, 26, 8, 5);
  const kinds = [COLOURS, NUMBERS];
  const now = (): number => nowUnixMs;
  const open = (): Promise<Store> => openStore({ path, kinds, logger, nowUnixMs: now, nowMs: now });
  return { folder, path, log, open, pass: (ms) => void (nowUnixMs += ms) };
}

/** Returns the documents of these names of a kind. */
function namesOf<Document>(store: Store, kind: DocumentKind<Document>, ...names: readonly string[]): unknown {
  return names.map((name) => store.get(kind, name));
}

/** Returns the result of one check of the database's files. */
async function renewed({ pass }: Place, store: Store): Promise<Renewal | undefined> {
  pass(5000);
  for (let tries = 0; tries < 100; tries++) {
    const renewal = store.renew();
    if (renewal !== undefined) return renewal;
    await delay(10);
  }
  return undefined;
}

test("committed documents exist after a new start, and uncommitted ones can be read before it", async (context) => {
  const { open, log } = place(context);
  const store = await open();
  store.put(COLOURS, "sky", { color: "blue" });
  store.put(COLOURS, "grass", { color: "green" });
  store.put(NUMBERS, "sky", 1);
  await store.commit();
  store.put(COLOURS, "sky", { color: "grey" });
  store.remove(COLOURS, "grass");
  assert.deepEqual(store.get(COLOURS, "sky"), { color: "grey" });
  assert.equal(store.get(COLOURS, "grass"), undefined);
  assert.deepEqual(namesOf(store, COLOURS, "sky", "grass"), [{ color: "grey" }, undefined]);
  await store[Symbol.asyncDispose]();
  await using again = await open();
  assert.deepEqual(namesOf(again, COLOURS, "sky", "grass"), [{ color: "grey" }, undefined]);
  assert.deepEqual(namesOf(again, NUMBERS, "sky"), [1]);
  assert.equal(again.trouble, undefined);
  assert.deepEqual(log, []);
});

test("a document of another version counts as missing, and another one replaces it", async (context) => {
  const { open } = place(context);
  const newer = documentKind<readonly string[]>("color", 2);
  const store = await open();
  store.put(COLOURS, "sky", { color: "blue" });
  await store[Symbol.asyncDispose]();
  await using again = await open();
  assert.equal(again.get(newer, "sky"), undefined);
  again.put(newer, "sky", ["blue"]);
  await again.commit();
  assert.deepEqual(again.get(newer, "sky"), ["blue"]);
  assert.equal(again.get(COLOURS, "sky"), undefined);
});

test("no other user can read the folder and its files", async (context) => {
  const { open, path } = place(context);
  mkdirSync(join(path, ".."));
  writeFileSync(path, "", { mode: 0o644 });
  await using store = await open();
  store.put(NUMBERS, "a", 1);
  await store.commit();
  const modes = readdirSync(join(path, "..")).map((name) => [name, statSync(join(path, "..", name)).mode & 0o777]);
  assert.deepEqual(modes, [
    ["state.db", 0o600],
    ["state.db-wal", 0o600],
  ]);
});

test("the folder is created for its owner alone", async (context) => {
  const { open, path } = place(context);
  await using store = await open();
  assert.equal(store.trouble, undefined);
  assert.equal(statSync(join(path, "..")).mode & 0o777, 0o700);
});

for (const [what, spoil] of Object.entries({
  "a file without a database": (path: string) => writeFileSync(path, "this is no database\n".repeat(500)),
  "a database with pages overwritten": (path: string) => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0x5a, 4096));
  },
  "a database cut short": (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 5000)),
})) {
  test(`${what} is moved aside, and a new one created`, async (context) => {
    const { open, path, log } = place(context);
    const store = await open();
    store.put(NUMBERS, "a", 1);
    await store[Symbol.asyncDispose]();
    spoil(path);
    const spoilt = readFileSync(path);
    const again = await open();
    assert.equal(again.trouble, undefined);
    assert.deepEqual(namesOf(again, NUMBERS, "a"), [undefined]);
    again.put(NUMBERS, "b", 2);
    await again[Symbol.asyncDispose]();
    assert.deepEqual(readFileSync(`${path}.corrupt-20261126T080500Z`), spoilt);
    assert.match(log.join(""), /the state file was corrupt and was renamed: alerts start from an empty state/);
    await using third = await open();
    assert.deepEqual(namesOf(third, NUMBERS, "a", "b"), [undefined, 2]);
  });
}

test("a database of a newer program is left unchanged and reported", async (context) => {
  const { open, path, log } = place(context);
  await (await open())[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  const before = readFileSync(path);
  await using store = await open();
  assert.match(
    store.trouble ?? "",
    /expected schema version \d+ or older, found 99 in ".*": it was written by a newer/,
  );
  store.put(NUMBERS, "a", 1);
  await store.commit();
  assert.equal(store.get(NUMBERS, "a"), 1);
  assert.deepEqual(readFileSync(path), before);
  assert.match(log.join(""), /state is not kept/);
});

test("a second daemon with the same file runs without it, and the first is not disturbed", async (context) => {
  const { open } = place(context);
  await using first = await open();
  first.put(NUMBERS, "a", 1);
  await first.commit();
  await using second = await open();
  assert.equal(second.trouble, "database is locked");
  first.put(NUMBERS, "a", 2);
  await first.commit();
  assert.equal(first.trouble, undefined);
});

test("documents are kept in memory if there can be no file", async (context) => {
  const { open, path, folder, log } = place(context);
  writeFileSync(join(folder, "state"), "");
  await using store = await open();
  assert.match(store.trouble ?? "", /ENOTDIR|EEXIST/);
  store.put(NUMBERS, "a", 1);
  await store.commit();
  assert.equal(store.get(NUMBERS, "a"), 1);
  assert.equal(log.length, 1);
  assert.equal(statSync(join(path, "..")).size, 0);
});

test("a link in place of the file is not followed", async (context) => {
  const { open, path, folder } = place(context);
  mkdirSync(join(folder, "state"));
  writeFileSync(join(folder, "elsewhere"), "");
  symlinkSync(join(folder, "elsewhere"), path);
  await using store = await open();
  assert.match(store.trouble ?? "", /ELOOP/);
  assert.equal(statSync(join(folder, "elsewhere")).size, 0);
});

function rows(path: string, query: string): readonly Readonly<Record<string, unknown>>[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare(query).all();
  } finally {
    database.close();
  }
}

test("a row that cannot be read is set aside, counted and reported, and the others are read", async (context) => {
  const { open, path, log } = place(context);
  const store = await open();
  for (const name of ["a", "b", "c"]) store.put(COLOURS, name, { color: name });
  await store[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  database.exec("UPDATE documents SET json = '{\"color\":' WHERE name = 'a'");
  database.exec("UPDATE documents SET version = 7 WHERE name = 'b'");
  database.close();
  const again = await open();
  assert.deepEqual(namesOf(again, COLOURS, "a", "b", "c"), [undefined, undefined, { color: "c" }]);
  assert.deepEqual(namesOf(again, COLOURS, "a", "b", "c"), [undefined, undefined, { color: "c" }]);
  assert.equal(again.asideCount, 2);
  again.put(COLOURS, "a", { color: "red" });
  await again[Symbol.asyncDispose]();
  assert.equal(log.filter((line) => line.includes("set aside")).length, 2);
  assert.deepEqual(
    rows(path, "SELECT name, version, json, reason FROM set_aside ORDER BY name").map(({ name, reason }) => [
      name,
      /^expected version 1, found 7$|JSON/.test(String(reason)),
    ]),
    [
      ["a", true],
      ["b", true],
    ],
  );
  assert.deepEqual(
    rows(path, "SELECT name FROM documents ORDER BY name").map(({ name }) => name),
    ["a", "c"],
  );
});

const LETTER = {
  ...{ sequence: 1, action: "hook", rule: "r", lane: "group", level: 1, items: 1, sinceUnixMs: 1, bytes: 9 },
} as const;

for (const [what, take] of Object.entries({
  deleted: (path: string) => rmSync(join(path, ".."), { recursive: true }),
  "moved away and made anew": (path: string) => {
    renameSync(join(path, ".."), join(path, "../../old"));
    mkdirSync(join(path, ".."));
  },
  "emptied but for the database": (path: string) => rmSync(`${path}-wal`),
  "replaced by an older copy": (path: string) => {
    renameSync(`${path}.copy`, path);
    rmSync(`${path}-wal`);
  },
})) {
  test(`a folder that is ${what} while in use is noticed, and gets all documents that are stored again`, async (context) => {
    const here = place(context);
    const { open, path } = here;
    const store = await open();
    store.put(NUMBERS, "old", 1);
    store.changeLetter({ id: "waits", put: { row: { ...LETTER, id: "waits" }, content: "a message" } });
    const failed = { unixMs: 2, error: "no such mailbox" };
    store.changeLetter({ id: "failed", put: { row: { ...LETTER, id: "failed" }, content: "another" }, failed });
    await store.commit();
    cpSync(path, `${path}.copy`);
    assert.equal(store.renew(), undefined);
    take(path);
    assert.equal(await renewed(here, store), "anew");
    assert.equal(store.get(NUMBERS, "old"), undefined);
    store.put(NUMBERS, "new", 2);
    await store.commit();
    assert.equal(store.trouble, undefined);
    const left = new Map(store.takeLetters().letters.map((letter) => [letter.id, letter.failed]));
    assert.deepEqual([left.size, left.get("failed"), left.has("waits")], [2, failed, true]);
    assert.equal(await store.letterContent("waits"), "a message");
    assert.equal(store.renew(), undefined);
    await store[Symbol.asyncDispose]();
    assert.deepEqual(
      rows(path, "SELECT name FROM documents").map(({ name }) => name),
      ["new"],
    );
  });
}

test("a folder that was not usable at the start is tried again, and keeps its earlier documents", async (context) => {
  const here = place(context);
  const { open, path, log } = here;
  const earlier = await open();
  earlier.put(NUMBERS, "earlier", 1);
  await earlier[Symbol.asyncDispose]();
  renameSync(join(path, ".."), join(path, "../../away"));
  writeFileSync(join(path, ".."), "");
  await using store = await open();
  store.put(NUMBERS, "later", 2);
  await store.commit();
  assert.match(store.trouble ?? "", /ENOTDIR|EEXIST/);
  rmSync(join(path, ".."));
  renameSync(join(path, "../../away"), join(path, ".."));
  assert.equal(store.renew(), undefined, "not at every tick");
  assert.equal(await renewed(here, store), "opened");
  await store.commit();
  assert.equal(store.trouble, undefined);
  assert.deepEqual(namesOf(store, NUMBERS, "earlier", "later"), [1, 2]);
  assert.match(log.at(-1) ?? "", /state is kept again/);
});

test("a database without its tables is moved aside", async (context) => {
  const { open, path } = place(context);
  await (await open())[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  database.exec("DROP TABLE documents");
  database.close();
  await using store = await open();
  assert.equal(store.trouble, undefined);
  store.put(NUMBERS, "a", 1);
  await store.commit();
  assert.equal(store.trouble, undefined);
});
