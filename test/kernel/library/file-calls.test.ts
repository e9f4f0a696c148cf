import assert from "node:assert/strict";
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { counted } from "../support/counted.ts";
import { libc, nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { ColdFile } from "../support/mapped-file.ts";

const pid = String(process.pid);

kernelTest("failed-file-opens counts by program and error", async () => {
  const comm = nameThisThread("bw-opens");
  await using rule = new LoadedRule(libraryRule("failed-file-opens"));
  for (let n = 0; n < 7; n++) assert.throws(() => openSync("/nowhere/at/all", "r"));
  for (let n = 0; n < 3; n++) assert.throws(() => openSync("/", "r+"));
  closeSync(openSync("/", "r"));
  assert.deepEqual(await counted(rule, { comm, error: "ENOENT" }), { value: 7 });
  for (let n = 0; n < 3; n++) assert.throws(() => openSync("/", "r+"));
  assert.deepEqual(await counted(rule, { comm, error: "EISDIR" }), { value: 3 });
});

kernelTest("failed-stats counts lookups that find nothing", async () => {
  const comm = nameThisThread("bw-stats");
  await using rule = new LoadedRule(libraryRule("failed-stats"));
  for (let n = 0; n < 9; n++) statSync("/nowhere", { throwIfNoEntry: false });
  statSync("/");
  const { value = 0 } = await counted(rule, { pid, comm });
  assert.ok(value >= 9 && value < 18, String(value)); // Node.js looks for a file of its own now and then
});

kernelTest("slow-fsync counts calls and their durations", async () => {
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
  const { value, value_p50: middle = 0, value_p99: slowest = 0 } = await counted(rule, { comm });
  rmSync(folder, { recursive: true });
  assert.equal(value, 3);
  assert.ok(middle > 0 && middle <= slowest && slowest < 1.07 * tookNs, `${middle} and ${slowest} of ${tookNs} ns`);
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

kernelTest("read-amplification counts requested bytes and bytes that were read from the disk", async () => {
  using file = new ColdFile(2048);
  const comm = nameThisThread("bw-reads");
  await using rule = new LoadedRule(libraryRule("read-amplification"));
  const byte = Buffer.alloc(1);
  for (let n = 0; n < 8; n++) readSync(file.fd, byte, 0, 1, n * 256 * 4096);
  const { rows } = await rule.sample();
  const [asked, brought] = rows.find(({ labels }) => labels["comm"] === comm)?.values ?? [];
  const pages = [asked?.[0] ?? 0, brought?.[0] ?? 0] as const;
  // This thread reads of its own event loop, too.
  assert.ok(pages[0] >= 8 && pages[0] < 24 && pages[1] > 8 && pages[1] <= 2048, pages.join(" and "));
});
