import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createLogger } from "../../../daemon/service/logger.ts";
import { type DocumentKind, documentKind } from "../../../daemon/store/document-kind.ts";
import { openStore } from "../../../daemon/store/store.ts";

const ALERTS = documentKind<string>("alerts", 1);
const COUNTS: DocumentKind<string> = { ...documentKind<string>("counts", 1), mayWait: true };

const isRoot = process.getuid?.() === 0;

test(
  "counts that the disk has no room for hold up no alerts, and follow once there is room",
  { skip: !isRoot },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-full-"));
    const copy = mkdtempSync(join(tmpdir(), "bpfwarden-copy-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "bpfwarden-test", folder]);
    try {
      const log: string[] = [];
      const logger = createLogger({ level: "info", format: "json", write: (line) => void log.push(line) });
      const path = join(folder, "state.db");
      const now = (): number => 0;
      /** Returns the names of the documents on the disk, by a copy: the daemon locks its files. */
      const stored = (): readonly unknown[] => {
        for (const file of readdirSync(copy)) rmSync(join(copy, file));
        for (const file of readdirSync(folder)) cpSync(join(folder, file), join(copy, file));
        const database = new DatabaseSync(join(copy, "state.db"));
        const rows = database.prepare("SELECT name FROM documents ORDER BY name").all();
        database.close();
        return rows.map(({ name }) => name);
      };
      {
        await using store = await openStore({ path, kinds: [ALERTS, COUNTS], logger, nowUnixMs: now, nowMs: now });
        store.put(COUNTS, "many", "x".repeat(4 << 20));
        await store.commit();
        assert.match(store.waitingTrouble ?? "", /full/);
        assert.equal(store.trouble, undefined);
        for (const name of ["a", "b", "c"]) {
          store.put(ALERTS, name, "fires");
          await store.commit();
          assert.equal(store.trouble, undefined);
          assert.ok(stored().includes(name), `${name} is not among ${stored().join()}`);
        }
        store.put(ALERTS, "d", "fires");
        store.changeLetter({ id: "gone" });
        store.put(COUNTS, "more", "x".repeat(4 << 20));
        await store.commit();
        assert.deepEqual(stored(), ["a", "b", "c", "d"]);
        execFileSync("mount", ["-o", "remount,size=64m", folder]);
        store.remove(COUNTS, "more");
        // A write that began when there was no room may still be under way, and a commit does not
        // wait for counts of an earlier one.
        for (let tries = 0; tries < 500 && store.waitingTrouble !== undefined; tries++) {
          await store.commit();
          await delay(10);
        }
        assert.equal(store.waitingTrouble, undefined);
        assert.deepEqual(stored(), ["a", "b", "c", "d", "many"]);
        assert.deepEqual(
          log.map((line) => (JSON.parse(line) as { readonly msg: string }).msg.replace(/:.*/, "")),
          ["counts are not kept", "counts are kept again"],
        );
        store.put(COUNTS, "last", "1");
      }
      assert.ok(stored().includes("last"));
    } finally {
      execFileSync("umount", ["-l", folder]);
      rmSync(folder, { recursive: true });
      rmSync(copy, { recursive: true });
    }
  },
);
