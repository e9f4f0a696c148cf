import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { OpenLogs } from "../../../daemon/notify/open-logs.ts";
import { hostClock } from "../../../daemon/service/clock.ts";

test("a log whose limits have changed is forgotten after it is written", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-logs-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const standardOutput = {
    isTerminal: false,
    isClosed: false,
    write: () => Promise.resolve(),
    release: () => Promise.resolve(),
  };
  const logs = new OpenLogs({
    clock: hostClock(),
    logger: pino({ level: "silent" }),
    standardOutput,
    labels: () => ({}),
    stateDir: () => "",
  });
  const before = { path: join(folder, "log.jsonl"), maxBytes: 1000, keep: 1 };
  const now = { ...before, keep: 2 };
  const buffer = logs.of(before);
  logs.reopen([before]);
  await buffer.release();
  assert.equal(logs.of(before), buffer, "an action names it");
  logs.reopen([now]);
  await buffer.release();
  await new Promise(setImmediate);
  assert.notEqual(logs.of(before), buffer);
  await logs.close(1000);
});
