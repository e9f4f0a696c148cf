import assert from "node:assert/strict";
import { closeSync, fdatasyncSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { counted } from "../support/counted.ts";
import { libc, nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const pid = String(process.pid);

kernelTest("failed-file-opens counts by program and error", async () => {
  const comm = nameThisThread("bw-opens");
  await using rule = new LoadedRule(libraryRule("failed-file-opens"));
  for (let n = 0; n < 7; n++) assert.throws(() => openSync("/nowhere/at/all", "r"));
  for (let n = 0; n < 3; n++) assert.throws(() => openSync("/", "r+"));
  closeSync(openSync("/", "r"));
  assert.deepEqual(await counted(rule, { comm, errno: "2" }), { value: 7 });
  for (let n = 0; n < 3; n++) assert.throws(() => openSync("/", "r+"));
  assert.deepEqual(await counted(rule, { comm, errno: "21" }), { value: 3 });
});

kernelTest("failed-stats counts lookups that find nothing", async () => {
  const comm = nameThisThread("bw-stats");
  await using rule = new LoadedRule(libraryRule("failed-stats"));
  for (let n = 0; n < 9; n++) statSync("/nowhere", { throwIfNoEntry: false });
  statSync("/");
  assert.deepEqual(await counted(rule, { pid, comm }), { value: 9 });
});

kernelTest("slow-fsync counts calls and how long they took", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-fsync-"));
  const fd = openSync(join(folder, "file"), "w");
  const comm = nameThisThread("bw-fsync");
  await using rule = new LoadedRule(libraryRule("slow-fsync"));
  const startedMs = performance.now();
  for (const sync of [fsyncSync, fdatasyncSync, fsyncSync]) {
    writeSync(fd, "x");
    sync(fd);
  }
  const tookNs = (performance.now() - startedMs) * 1e6;
  const { calls, slowest = 0, total = 0 } = await counted(rule, { comm });
  rmSync(folder, { recursive: true });
  assert.equal(calls, 3);
  assert.ok(slowest > 0 && slowest < total && total < tookNs, `${slowest} and ${total} of ${tookNs} ns`);
});

kernelTest("sync-calls counts by program and call", async () => {
  const fd = openSync("/dev/shm", "r");
  const comm = nameThisThread("bw-syncs");
  await using rule = new LoadedRule(libraryRule("sync-calls"));
  for (let n = 0; n < 4; n++) assert.equal(libc.syncfs(fd), 0);
  closeSync(fd);
  const { calls, slowest = 0 } = await counted(rule, { comm, call: "syncfs" });
  assert.equal(calls, 4);
  assert.ok(slowest > 0);
});
