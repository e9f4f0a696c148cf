import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { createLogger } from "../../../daemon/service/logger.ts";
import { documentKind } from "../../../daemon/store/document-kind.ts";
import { openStore, type Store } from "../../../daemon/store/store.ts";

const COLOURS = documentKind<{ readonly colour: string }>("colour", 1);
const NUMBERS = documentKind<number>("number", 1);

interface Place {
  readonly folder: string;
  readonly path: string;
  readonly log: string[];
  readonly open: () => Store;
}

/** A folder of the test's own, gone after it. */
function place(context: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-store-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const log: string[] = [];
  const logger = createLogger({ level: "info", format: "json", write: (line) => void log.push(line) });
  const path = join(folder, "state/state.db");
  return { folder, path, log, open: () => openStore({ path, logger, nowUnixMs: () => Date.UTC(2026, 10, 26, 8, 5) }) };
}

test("what was committed is there after a new start; what was not yet is read all the same", (context) => {
  const { open, log } = place(context);
  const store = open();
  store.put(COLOURS, "sky", { colour: "blue" });
  store.put(COLOURS, "grass", { colour: "green" });
  store.put(NUMBERS, "sky", 1);
  store.commit();
  store.put(COLOURS, "sky", { colour: "grey" });
  store.remove(COLOURS, "grass");
  assert.deepEqual(store.get(COLOURS, "sky"), { colour: "grey" });
  assert.equal(store.get(COLOURS, "grass"), undefined);
  assert.deepEqual([...store.all(COLOURS)], [["sky", { colour: "grey" }]]);
  store[Symbol.dispose]();
  using again = open();
  assert.deepEqual([...again.all(COLOURS)], [["sky", { colour: "grey" }]]);
  assert.deepEqual([...again.all(NUMBERS)], [["sky", 1]]);
  assert.equal(again.trouble, undefined);
  assert.deepEqual(log, []);
});

test("a document of another version is none, and is written over", (context) => {
  const { open } = place(context);
  const newer = documentKind<readonly string[]>("colour", 2);
  const store = open();
  store.put(COLOURS, "sky", { colour: "blue" });
  store[Symbol.dispose]();
  using again = open();
  assert.equal(again.get(newer, "sky"), undefined);
  again.put(newer, "sky", ["blue"]);
  again.commit();
  assert.deepEqual(again.get(newer, "sky"), ["blue"]);
  assert.equal(again.get(COLOURS, "sky"), undefined);
});

test("nobody else can read the folder and what is in it", (context) => {
  const { open, path } = place(context);
  mkdirSync(join(path, ".."));
  writeFileSync(path, "", { mode: 0o644 });
  using store = open();
  store.put(NUMBERS, "a", 1);
  store.commit();
  const modes = readdirSync(join(path, "..")).map((name) => [name, statSync(join(path, "..", name)).mode & 0o777]);
  assert.deepEqual(modes, [
    ["state.db", 0o600],
    ["state.db-wal", 0o600],
  ]);
});

test("the folder is made for its owner alone", (context) => {
  const { open, path } = place(context);
  using store = open();
  assert.equal(store.trouble, undefined);
  assert.equal(statSync(join(path, "..")).mode & 0o777, 0o700);
});

for (const [what, spoil] of Object.entries({
  "a file that is no database": (path: string) => writeFileSync(path, "this is no database\n".repeat(500)),
  "a database with pages overwritten": (path: string) => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0x5a, 4096));
  },
  "a database cut short": (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 5000)),
})) {
  test(`${what} is moved aside, and a new one begun`, (context) => {
    const { open, path, log } = place(context);
    const store = open();
    store.put(NUMBERS, "a", 1);
    store[Symbol.dispose]();
    spoil(path);
    const spoilt = readFileSync(path);
    const again = open();
    assert.equal(again.trouble, undefined);
    assert.deepEqual([...again.all(NUMBERS)], []);
    again.put(NUMBERS, "b", 2);
    again[Symbol.dispose]();
    assert.deepEqual(readFileSync(`${path}.corrupt-20261126T080500Z`), spoilt);
    assert.match(log.join(""), /the state was corrupt: alerts begin anew/);
    using third = open();
    assert.deepEqual([...third.all(NUMBERS)], [["b", 2]]);
  });
}

test("a database of a newer program is left as it is, and said", (context) => {
  const { open, path, log } = place(context);
  open()[Symbol.dispose]();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  const before = readFileSync(path);
  using store = open();
  assert.match(
    store.trouble ?? "",
    /expected schema version \d+ or older, found 99 in ".*": it was written by a newer/,
  );
  store.put(NUMBERS, "a", 1);
  store.commit();
  assert.equal(store.get(NUMBERS, "a"), 1);
  assert.deepEqual(readFileSync(path), before);
  assert.match(log.join(""), /state is not kept/);
});

test("a second daemon with the same file goes on without, and the first is not disturbed", (context) => {
  const { open } = place(context);
  using first = open();
  first.put(NUMBERS, "a", 1);
  first.commit();
  using second = open();
  assert.equal(second.trouble, "database is locked");
  first.put(NUMBERS, "a", 2);
  first.commit();
  assert.equal(first.trouble, undefined);
});

test("where there can be no file, what is put is kept in memory", (context) => {
  const { open, path, folder, log } = place(context);
  writeFileSync(join(folder, "state"), "");
  using store = open();
  assert.match(store.trouble ?? "", /ENOTDIR|EEXIST/);
  store.put(NUMBERS, "a", 1);
  store.commit();
  assert.equal(store.get(NUMBERS, "a"), 1);
  assert.equal(log.length, 1);
  assert.equal(statSync(join(path, "..")).size, 0);
});

test("a link in the place of the file is not followed", (context) => {
  const { open, path, folder } = place(context);
  mkdirSync(join(folder, "state"));
  writeFileSync(join(folder, "elsewhere"), "");
  symlinkSync(join(folder, "elsewhere"), path);
  using store = open();
  assert.match(store.trouble ?? "", /ELOOP/);
  assert.equal(statSync(join(folder, "elsewhere")).size, 0);
});
