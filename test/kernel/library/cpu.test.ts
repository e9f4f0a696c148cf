import assert from "node:assert/strict";
import { openSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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

/**
 * Seconds that a CPU has been idle, waiting for disks included: `/proc/stat`, in hundredths
 * (proc(5)).
 */
function idleSeconds(cpu: number): number {
  const line = readFileSync("/proc/stat", "utf8").split("\n")[cpu + 1]?.split(" ") ?? [];
  return (Number(line[4]) + Number(line[5])) / 100;
}

kernelTest("busy-cpus and run-queue-length see a CPU that three programs want", async () => {
  using shell = new NamedProgram("bw-spin");
  await spinning(shell, 3, async () => {
    const startedMs = performance.now();
    // A guest takes its time to load the second, which must not count for longer than the first.
    await using queue = new LoadedRule(libraryRule("run-queue-length"));
    await using busy = new LoadedRule(libraryRule("busy-cpus"));
    await sleep(700);
    const { running = 0 } = await counted(busy, { cpu: "0" });
    const { queued = 0, longest = 0 } = await counted(queue, { cpu: "0" });
    const looks = (99 * (performance.now() - startedMs)) / 1000;
    assert.ok(running > 35 && running <= looks + 2, `${running} of ${looks} looks`);
    assert.ok(queued >= running && longest >= 2, `${queued} in all, ${longest} at most`);
  });
});

/** An emulated processor's idle time, in ticks, is not what its clock says. */
const onGuest = process.env["BPFWARDEN_GUEST"] !== undefined;

const hold = "busy-cpus and run-queue-length hold what they found against the time, idle or not";
const testOnHost = onGuest ? (): void => undefined : kernelTest;
testOnHost(hold, async () => {
  await using queue = new LoadedRule(libraryRule("run-queue-length"));
  await using busy = new LoadedRule(libraryRule("busy-cpus"));
  const [startedMs, idle] = [performance.now(), idleSeconds(0)];
  await sleep(1500);
  const seconds = (performance.now() - startedMs) / 1000;
  const busyShare = 1 - (idleSeconds(0) - idle) / seconds;
  const [row] = await countedRows(busy, { cpu: "0" });
  const share = (row?.counts["running"] ?? 0) / 99 / seconds;
  assert.ok(Math.abs(share - busyShare) < 0.25, `${share} is not ${busyShare} of ${seconds} s`);
  const [waiting] = await countedRows(queue, { cpu: "0" });
  assert.ok((waiting?.counts["queued"] ?? 0) >= 0);
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

kernelTest("kernel-lock-contention counts waits by kind of lock", async () => {
  using shell = new NamedProgram("bw-locks");
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-locks-"));
  await using rule = new LoadedRule(libraryRule("kernel-lock-contention"));
  // Four that make files in one folder stand in line for it.
  const loop = `for p in 1 2 3 4; do (n=0; while [ $n -lt 500 ]; do : > ${folder}/$p.$n; n=$((n+1)); done) & done; wait`;
  const startedMs = performance.now();
  let [waits, waited] = [0, 0];
  // Where the processors are busy with other things, the four may never meet.
  for (let round = 0; round < 20 && waits === 0; round++) {
    shell.run("-c", loop);
    for (const { counts } of await countedRows(rule, { comm: shell.name, kind: "semaphore" })) {
      waits += counts["waits"] ?? 0;
      waited += counts["waited"] ?? 0;
    }
  }
  const tookNs = (performance.now() - startedMs) * 1e6;
  rmSync(folder, { recursive: true });
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
