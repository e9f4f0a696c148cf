import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { counted, countedRows } from "../support/counted.ts";
import { libc, nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { NamedProgram } from "../support/named-program.ts";
import { spinning, untilTurns } from "../support/spinning.ts";

kernelTest("run-queue-latency, run-queue-delays and long-cpu-slices see programs that share a CPU", async () => {
  using shell = new NamedProgram("bw-crowd");
  await using latency = new LoadedRule(libraryRule("run-queue-latency"));
  await using delays = new LoadedRule(libraryRule("run-queue-delays").replace("elapsed > 1s", "elapsed > 1ms"));
  await using slices = new LoadedRule(libraryRule("long-cpu-slices"));
  await spinning(shell, 3, (spinners) => untilTurns(spinners, 15));
  // Three take turns of some milliseconds: each waits for about two turns.
  const waits = await counted(latency, { comm: shell.name });
  assert.ok((waits["value"] ?? 0) > 10 && (waits["value_p50"] ?? 0) > 500_000, JSON.stringify(waits));
  const turns = await counted(slices, { comm: shell.name });
  assert.ok((turns["value"] ?? 0) > 10 && (turns["value_p50"] ?? 0) > 100_000, JSON.stringify(turns));
  const waited = delays.records().filter(({ fields }) => fields["comm"] === shell.name);
  assert.ok(waited.length > 0 && waited.every(({ fields }) => Number(fields["waited"]) > 1e6 && fields["cpu"] === 0));
});

kernelTest("uninterruptible-waits names the place in the kernel where a program waits for the disk", async () => {
  using dd = new NamedProgram("bw-dstate", "/bin/dd");
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-dstate-"));
  await using rule = new LoadedRule(libraryRule("uninterruptible-waits"));
  dd.run("if=/dev/zero", `of=${join(folder, "file")}`, "bs=64k", "count=20", "oflag=direct,sync");
  rmSync(folder, { recursive: true });
  const rows = await countedRows(rule, { comm: dd.name });
  const waits = rows.reduce((sum, { counts }) => sum + (counts["waits"] ?? 0), 0);
  assert.ok(waits >= 1, JSON.stringify(rows));
  assert.ok(rows.every(({ counts, labels }) => (counts["waited"] ?? 0) > 0 && (labels["place"] ?? "") !== ""));
});

kernelTest("wakers counts wakeups by waker and sleeper, and the time that sleepers slept", async () => {
  using writer = new NamedProgram("bw-waker");
  using reader = new NamedProgram("bw-woken", "/bin/cat");
  await using rule = new LoadedRule(libraryRule("wakers"));
  writer.run("-c", `for n in 1 2 3 4 5 6 7 8 9 10; do sleep 0.05; echo; done | ${reader.path} >/dev/null`);
  const { wakeups = 0, slept = 0 } = await counted(rule, { waker: writer.name, woken: reader.name });
  // One that is slow to get a CPU finds two lines at once.
  assert.ok(wakeups >= 3 && wakeups <= 11 && slept > 100e6, `${wakeups} wakeups after ${slept} ns`);
});

/** Interrupts so far, by number, of /proc/interrupts. */
function interrupts(): ReadonlyMap<string, number> {
  const lines = readFileSync("/proc/interrupts", "utf8").split("\n").slice(1);
  return new Map(
    lines.flatMap((line): [string, number][] => {
      const [name = "", ...words] = line.trim().split(/\s+/);
      const counts = words.filter((word) => /^\d+$/.test(word)).map(Number);
      return /^\d+:$/.test(name) ? [[name.slice(0, -1), counts.reduce((sum, count) => sum + count, 0)]] : [];
    }),
  );
}

kernelTest("hard-irq-time counts as many interrupts as the kernel does", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-irq-"));
  const before = interrupts();
  await using rule = new LoadedRule(libraryRule("hard-irq-time"));
  const inside = interrupts();
  for (let n = 0; n < 10; n++) writeFileSync(join(folder, "file"), Buffer.alloc(65_536, n), { flush: true });
  const insideAfter = interrupts();
  const rows = await countedRows(rule, {});
  const after = interrupts();
  rmSync(folder, { recursive: true });
  const busy = rows.filter(
    ({ labels }) => (insideAfter.get(labels["irq"] ?? "") ?? 0) > (inside.get(labels["irq"] ?? "") ?? 0),
  );
  assert.ok(busy.length > 0, JSON.stringify(rows));
  for (const { labels, counts } of busy) {
    const irq = labels["irq"] ?? "";
    const [least, most] = [
      (insideAfter.get(irq) ?? 0) - (inside.get(irq) ?? 0),
      (after.get(irq) ?? 0) - (before.get(irq) ?? 0),
    ];
    const { interrupts: found = 0, time = 0 } = counts;
    assert.ok(found >= least && found <= most && time > 0, `${irq}: ${found} of ${least} to ${most}`);
    assert.notEqual(labels["handler"], "");
  }
});

/** Soft interrupts of one kind so far, of /proc/softirqs. */
function softInterrupts(kind: string): number {
  const line = readFileSync("/proc/softirqs", "utf8")
    .split("\n")
    .find((each) => each.trim().startsWith(`${kind}:`));
  return (line ?? "")
    .trim()
    .split(/\s+/)
    .slice(1)
    .reduce((sum, count) => sum + Number(count), 0);
}

kernelTest("soft-irq-time and soft-irq-delays count as many as the kernel does", async () => {
  nameThisThread("bw-soft");
  const before = softInterrupts("TIMER");
  await using rule = new LoadedRule(libraryRule("soft-irq-time"));
  await using delays = new LoadedRule(libraryRule("soft-irq-delays"));
  const inside = softInterrupts("TIMER");
  libc.usleep(200_000);
  const insideAfter = softInterrupts("TIMER");
  const { runs = 0, time = 0 } = await counted(rule, { kind: "TIMER" });
  const late = await counted(delays, { kind: "TIMER" });
  const after = softInterrupts("TIMER");
  assert.ok(
    runs >= insideAfter - inside && runs <= after - before && time > 0,
    `${runs} of ${insideAfter - inside} to ${after - before}`,
  );
  assert.ok((late["value"] ?? 0) > 0 && (late["value_p50"] ?? 0) > 0, JSON.stringify(late));
});
