import assert from "node:assert/strict";
import { openSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTestNeeding } from "../needs.ts";
import { kernelTest } from "../privilege.ts";
import { counted, countedRows } from "../support/counted.ts";
import { nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { NamedProgram } from "../support/named-program.ts";
import { spinning, untilRunNs } from "../support/spinning.ts";

kernelTest("syscall-errors counts by program, call and error", async () => {
  const comm = nameThisThread("bw-errors");
  await using rule = new LoadedRule(libraryRule("syscall-errors"));
  for (let n = 0; n < 6; n++) assert.throws(() => openSync("/", "r+"));
  for (let n = 0; n < 6; n++) assert.throws(() => openSync("/nowhere", "r"));
  assert.deepEqual(
    (await countedRows(rule, { comm, call: "openat" })).map(({ labels, counts }) => [labels["error"], counts]),
    [["EISDIR", { value: 6 }]],
  );
});

kernelTest("syscall-rate counts calls and the time in them", async () => {
  const comm = nameThisThread("bw-calls");
  await using rule = new LoadedRule(libraryRule("syscall-rate"));
  const startedMs = performance.now();
  for (let n = 0; n < 1000; n++) void process.ppid;
  const tookNs = (performance.now() - startedMs) * 1e6;
  const { calls, time = 0 } = await counted(rule, { comm, call: "getppid" });
  assert.equal(calls, 1000);
  assert.ok(time > 0 && time < tookNs, `${time} of ${tookNs} ns`);
});

kernelTest("busy-cpus and run-queue-length see a CPU that three programs want", async () => {
  using shell = new NamedProgram("bw-spin");
  await spinning(shell, 3, async () => {
    await using busy = new LoadedRule(libraryRule("busy-cpus"));
    await using queue = new LoadedRule(libraryRule("run-queue-length"));
    await sleep(700);
    const { samples = 0, running = 0 } = await counted(busy, { cpu: "0" });
    const { waiting = 0, longest = 0 } = await counted(queue, { cpu: "0" });
    assert.ok(samples > 10 && running > 0.9 * samples && running <= samples, `${running} of ${samples} samples`);
    assert.ok(waiting >= 1.5 && longest >= 2 && longest >= waiting, `${waiting} on average, ${longest} at most`);
  });
});

kernelTest("cpu-hot-spots counts samples by program and stack", async () => {
  using shell = new NamedProgram("bw-hot");
  await using rule = new LoadedRule(libraryRule("cpu-hot-spots"));
  await spinning(shell, 1, (spinners) => untilRunNs(spinners, 300e6));
  const rows = await countedRows(rule, { comm: shell.name });
  const samples = rows.reduce((sum, { counts }) => sum + (counts["value"] ?? 0), 0);
  assert.ok(samples > 5, `${samples} samples`);
  assert.ok(
    rows.some(({ labels }) => (labels["user"] ?? "") !== ""),
    JSON.stringify(rows),
  );
});

kernelTest("kernel-lock-contention counts who waits for which kind of lock", async () => {
  using shell = new NamedProgram("bw-locks");
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-locks-"));
  await using rule = new LoadedRule(libraryRule("kernel-lock-contention"));
  // Four that make files in one folder stand in line for it.
  const loop = `for p in 1 2 3 4; do (n=0; while [ $n -lt 500 ]; do : > ${folder}/$p.$n; n=$((n+1)); done) & done; wait`;
  const startedMs = performance.now();
  shell.run("-c", loop);
  const tookNs = (performance.now() - startedMs) * 1e6;
  rmSync(folder, { recursive: true });
  const { waits = 0, waited = 0 } = await counted(rule, { comm: shell.name, kind: "semaphore" });
  assert.ok(waits > 0 && waited > 0 && waited < 4 * tookNs, `${waits} waits, ${waited} of ${tookNs} ns`);
});

kernelTestNeeding("hardware_counters", "cpu-cache-misses counts references and misses by program", async () => {
  const comm = nameThisThread("bw-cache");
  await using rule = new LoadedRule(libraryRule("cpu-cache-misses"));
  const large = new Uint32Array(64 << 18); // 64 MiB, in steps of more than a line
  for (let n = 0; n < 20_000_000; n++) large[(n * 4099) % large.length] = n;
  const { references = 0, misses = 0 } = await counted(rule, { comm });
  assert.ok(references > 0 && misses > 0 && misses <= 1.1 * references, `${misses} of ${references}`);
});
