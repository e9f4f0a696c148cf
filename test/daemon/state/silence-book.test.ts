import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Silence } from "../../../daemon/notify/stages/silences.ts";
import { SilenceBook, SILENCES } from "../../../daemon/state/silence-book.ts";
import { openStore, type Store } from "../../../daemon/store/store.ts";
import { logger } from "./kept-rule.ts";

const NOW_UNIX_MS = Date.UTC(2026, 10, 26, 8);
/** Longer than the interval for opening a closed database. */
const REOPEN_MS = 6000;

function silenceFor(comment: string): Omit<Silence, "id"> {
  const matchers = [{ name: "alertname", operator: "=", value: "slow-fsync" }] as const;
  const times = { startsAtUnixMs: NOW_UNIX_MS, endsAtUnixMs: NOW_UNIX_MS + 3_600_000 };
  return { matchers, ...times, author: "a", comment };
}

const commentsOf = ({ list }: SilenceBook): readonly string[] => list.map(({ comment }) => comment);

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-silences-"));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("silences of an earlier process and one that was added before they could be read all hold", async (context) => {
  const path = join(folderOf(context), "state/state.db");
  let nowMs = 0;
  const now = (): number => nowMs;
  const open = (): Promise<Store> =>
    openStore({ path, kinds: [SILENCES], logger, nowMs: now, nowUnixMs: () => NOW_UNIX_MS });
  {
    await using store = await open();
    new SilenceBook(store).add(silenceFor("earlier"), NOW_UNIX_MS);
  }
  {
    renameSync(dirname(path), `${dirname(path)}.away`);
    writeFileSync(dirname(path), "");
    await using store = await open();
    assert.notEqual(store.trouble, undefined);
    const book = new SilenceBook(store);
    book.add(silenceFor("late"), NOW_UNIX_MS);
    assert.deepEqual(commentsOf(book), ["late"]);
    rmSync(dirname(path));
    renameSync(`${dirname(path)}.away`, dirname(path));
    nowMs += REOPEN_MS;
    while (store.renew() === undefined) await delay(10);
    book.renew(NOW_UNIX_MS);
    assert.deepEqual(commentsOf(book), ["earlier", "late"]);
    book.add(silenceFor("last"), NOW_UNIX_MS);
  }
  await using store = await open();
  assert.deepEqual(commentsOf(new SilenceBook(store)), ["earlier", "late", "last"]);
});
