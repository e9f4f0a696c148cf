import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTestNeeding } from "../needs.ts";
import { kernelTest } from "../privilege.ts";
import { counted, countedRows } from "../support/counted.ts";
import { nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { LoopDevice } from "../support/loop-device.ts";
import { ColdFile } from "../support/mapped-file.ts";
import { MemoryCgroup } from "../support/memory-cgroup.ts";
import { NamedProgram } from "../support/named-program.ts";

const MIB = 1 << 20;

kernelTest("oom-kills names the killed process", async () => {
  using tail = new NamedProgram("bw-oom", "/usr/bin/tail");
  using group = new MemoryCgroup("bpfwarden-oom", 32 * MIB);
  await using rule = new LoadedRule(libraryRule("oom-kills"));
  const { signal, pid } = group.run(tail.path, "/dev/zero"); // it keeps the last line, and there is no end to it
  assert.equal(signal, "SIGKILL");
  const ours = rule.records().filter(({ fields }) => fields["victim_pid"] === pid);
  assert.deepEqual(
    ours.map(({ fields }) => [fields["comm"], fields["pid"]]),
    [[tail.name, pid]],
  );
  assert.ok(((await counted(rule))["value"] ?? 0) >= 1);
});

kernelTest("direct-reclaim measures the cost of a cgroup at its limit", async () => {
  using dd = new NamedProgram("bw-reclaim", "/bin/dd");
  using group = new MemoryCgroup("bpfwarden-reclaim", 16 * MIB);
  // read, not written: who frees pages that have to be written first is not always who stands still
  using file = new ColdFile((48 * MIB) / 4096);
  await using rule = new LoadedRule(libraryRule("direct-reclaim"));
  const startedMs = performance.now();
  group.run(dd.path, `if=${file.path}`, "of=/dev/null", "bs=1M");
  const tookNs = (performance.now() - startedMs) * 1e6;
  const { stalls = 0, stalled = 0, pages = 0 } = await counted(rule, { comm: dd.name, scope: "cgroup" });
  assert.ok(stalls > 0 && stalled > 0 && stalled < tookNs, `${stalls} stalls, ${stalled} of ${tookNs} ns`);
  assert.ok(pages > 4096, `${pages} pages`); // at least what did not fit
});

kernelTest("slab-allocations counts objects by cache and program", async () => {
  const comm = nameThisThread("bw-slabs");
  await using rule = new LoadedRule(libraryRule("slab-allocations"));
  for (let n = 0; n < 300; n++) closeSync(openSync("/dev/null", "r"));
  const rows = await countedRows(rule, { comm });
  const exactly = rows.filter(({ counts: { objects = 0 } }) => objects >= 300 && objects < 600);
  assert.ok(exactly.length > 0, JSON.stringify(rows)); // the file itself, and its name
  const bytes = rows.map(({ counts: { objects = 0, bytes: all = 0 } }) => all / objects);
  assert.ok(bytes.every((size) => size >= 8));
});

kernelTest("major-page-faults counts pages that came from the disk", async () => {
  const comm = nameThisThread("bw-faults");
  using file = new ColdFile(300);
  await using rule = new LoadedRule(libraryRule("major-page-faults"));
  const before = process.resourceUsage().majorPageFault;
  assert.equal(file.touch(), 300);
  const faults = process.resourceUsage().majorPageFault - before;
  const { value = 0 } = await counted(rule, { pid: String(process.pid), comm });
  // this process's own code may have to be read as well
  assert.ok(value >= 300 && value <= faults, `${value} of ${faults}`);
});

/** Files with gaps between their pages, so that there is something to bring together. */
function fragment(folder: string): void {
  for (let n = 0; n < 3; n++) writeFileSync(join(folder, String(n)), Buffer.alloc(64 * MIB, n));
  rmSync(join(folder, "1"));
}

kernelTest("page-migrations counts pages by reason", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-compact-"));
  fragment(folder);
  await using rule = new LoadedRule(libraryRule("page-migrations"));
  writeFileSync("/proc/sys/vm/compact_memory", "1");
  rmSync(folder, { recursive: true });
  const { moved = 0 } = await counted(rule, { reason: "compaction" });
  assert.ok(moved > 0);
});

kernelTest("memory-growth follows the memory of each process", async () => {
  using dd = new NamedProgram("bw-growth", "/bin/dd");
  await using rule = new LoadedRule(libraryRule("memory-growth"));
  const { pid, status } = spawnSync(dd.path, ["if=/dev/zero", "of=/dev/null", "bs=128M", "count=1"]);
  assert.equal(status, 0);
  const { size = 0, least = 0 } = await counted(rule, { pid: String(pid), comm: dd.name });
  assert.ok(size > 127 * MIB && size < 136 * MIB, `${size} bytes`);
  assert.ok(least < 4 * MIB, `${least} bytes at first`);
});

kernelTestNeeding(["kprobe", "own_machine"], "swap-ins counts what a process reads back", async () => {
  using dd = new NamedProgram("bw-swap", "/bin/dd");
  using disk = new LoopDevice(128 * MIB);
  execFileSync("mkswap", [disk.path], { stdio: "ignore" });
  execFileSync("swapon", [disk.path]);
  try {
    using group = new MemoryCgroup("bpfwarden-swap", 24 * MIB);
    await using rule = new LoadedRule(libraryRule("swap-ins"));
    // It fills a buffer twice that does not fit: the second time from swap.
    const { status, stderr, pid } = group.run(dd.path, "if=/dev/zero", "of=/dev/null", "bs=48M", "count=2");
    assert.equal(status, 0, stderr);
    const { value = 0 } = await counted(rule, { pid: String(pid), comm: dd.name });
    assert.ok(value > 100, `${value} pages`);
  } finally {
    execFileSync("swapoff", [disk.path]);
  }
});
