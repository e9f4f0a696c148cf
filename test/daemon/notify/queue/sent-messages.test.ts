import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test, type TestContext } from "node:test";
import type { AlertEvent } from "../../../../daemon/evaluate/alerts/alert.ts";
import type { Delivery, Outcome } from "../../../../daemon/notify/queue/delivery.ts";
import { SENT_MESSAGE } from "../../../../daemon/notify/queue/sent-messages.ts";
import { createLogger } from "../../../../daemon/service/logger.ts";
import { openStore, type Store } from "../../../../daemon/store/store.ts";
import { setUp, settled, webhook } from "../dispatcher-fixture.ts";
import { alert, alerts, resolved } from "../fixtures.ts";

const WEEK_MS = 7 * 86_400_000;

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-sent-"));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const open = (folder: string): Promise<Store> =>
  openStore({
    ...{ path: join(folder, "state.db"), kinds: [SENT_MESSAGE], nowUnixMs: () => 0, nowMs: () => 0 },
    logger: createLogger({ level: "info", format: "json", write: () => undefined }),
  });

/**
 * A process: its dispatcher sends messages and returns the text that each attempt had of earlier
 * ones.
 */
function processWith(store: Store, outcomes: readonly Outcome[] = [], unixMs = 0) {
  let nowMs = unixMs;
  const clock = { bootMs: () => nowMs, unixMs: () => unixMs, unixNs: () => BigInt(unixMs) * 1_000_000n };
  const sleep = (ms: number): Promise<void> => Promise.resolve(void (nowMs += ms));
  const { dispatcher, attempts } = setUp(outcomes, { clock, sleep });
  dispatcher.use(new Map([[webhook.name, webhook]]), 1e9);
  dispatcher.open(store);
  return async (...messages: readonly Delivery[]): Promise<readonly (string | undefined)[]> => {
    for (const message of messages) {
      dispatcher.submit(message);
      await settled();
      const ids = dispatcher.keep();
      await store.commit();
      dispatcher.letGo(ids);
      await settled();
    }
    await store.commit();
    return attempts.map(({ known }) => known);
  };
}

let ids = 0;
const message = (...events: readonly AlertEvent[]): Delivery => ({ ...alerts(webhook, ...events), id: `${ids++}` });

const SENT: Outcome = { ok: true, remember: "7" };

suite("the message that a receiver edits", () => {
  test("is known to later deliveries of its group, after a restart too, until its end was delivered", async (context) => {
    const folder = folderFor(context);
    {
      await using store = await open(folder);
      const send = processWith(store, [SENT]);
      assert.deepEqual(await send(message(alert), message(alert)), [undefined, "7"]);
    }
    await using store = await open(folder);
    const send = processWith(store);
    assert.deepEqual(await send(message(resolved), message(alert)), ["7", undefined]);
    assert.deepEqual(store.names(SENT_MESSAGE), []);
  });

  test("is in the commit in which its letter is gone: a process that is killed then finds both or neither", async (context) => {
    const folder = folderFor(context);
    await using store = await open(folder);
    const { dispatcher } = setUp([SENT]);
    dispatcher.use(new Map([[webhook.name, webhook]]), 1e9);
    dispatcher.open(store);
    dispatcher.submit(message(alert));
    const held = dispatcher.keep();
    await store.commit();
    dispatcher.letGo(held);
    const snapshots: (readonly [number, number])[] = [];
    for (let commit = 0; commit < 3; commit++) {
      const copy = folderFor(context);
      cpSync(folder, copy, { recursive: true });
      await using found = await open(copy);
      snapshots.push([found.takeLetters().letters.length, found.names(SENT_MESSAGE).length]);
      await settled();
      await store.commit();
    }
    assert.deepEqual(snapshots, [
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
  });

  test("is another one for another group, another action, and another time of the same group", async (context) => {
    await using store = await open(folderFor(context));
    const send = processWith(store, [SENT]);
    const first = message(alert);
    const { content } = first;
    assert.ok(content.kind === "alerts");
    const others = [
      { ...content, openedAtUnixMs: content.openedAtUnixMs + 1 },
      { ...content, group: { ...content.group, key: "other" } },
    ].map((changed, index) => ({ ...first, id: `other ${index}`, content: changed }));
    const elsewhere = { ...first, id: "elsewhere", action: { ...webhook, name: "elsewhere" } };
    assert.deepEqual(await send(first, ...others, elsewhere), [undefined, undefined, undefined, undefined]);
  });

  test("is known to the next attempt if only the second of two requests failed", async (context) => {
    await using store = await open(folderFor(context));
    const failed: Outcome = { ok: false, trouble: "passing", error: "busy", remember: "8" };
    assert.deepEqual(await processWith(store, [failed])(message(alert), message(alert)), [undefined, "8", "8"]);
  });

  test("is forgotten a week after its last change", async (context) => {
    const folder = folderFor(context);
    {
      await using store = await open(folder);
      await processWith(store, [SENT])(message(alert));
    }
    await using store = await open(folder);
    assert.deepEqual(await processWith(store, [], WEEK_MS)(message(alert)), ["7"]);
    await using later = await open(folderFor(context));
    await processWith(later, [SENT])(message(alert));
    assert.deepEqual(await processWith(later, [], WEEK_MS + 1)(message(alert)), [undefined]);
  });

  test("is a new one if the state is deleted", async (context) => {
    const folder = folderFor(context);
    {
      await using store = await open(folder);
      await processWith(store, [SENT])(message(alert));
    }
    rmSync(join(folder, "state.db"));
    await using store = await open(folder);
    assert.deepEqual(await processWith(store)(message(alert)), [undefined]);
  });
});
