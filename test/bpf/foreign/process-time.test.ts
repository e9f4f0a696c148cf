import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { processTime, waitedMs } from "../../../bpf/foreign/process-time.ts";

test("distinguishes a waiting and a running process, with the used time", async () => {
  const before = processTime(process.pid)?.usedMs ?? 0;
  const startedMs = process.cpuUsage().user / 1000;
  while (process.cpuUsage().user / 1000 - startedMs < 100);
  const now = processTime(process.pid);
  assert.equal(now?.isRunnable, true);
  assert.ok((now?.usedMs ?? 0) - before >= 80);

  const waiting = spawn("sleep", ["60"]);
  await once(waiting, "spawn");
  await sleep(200);
  assert.equal(processTime(waiting.pid ?? -1)?.isRunnable, false);
  waiting.kill();
  await once(waiting, "exit");
  assert.equal(processTime(waiting.pid ?? -1), undefined);
});

test("a process that shares a processor with another has waited for it", async () => {
  const onFirst = (script: string) =>
    spawn("taskset", ["-c", "0", process.execPath, "-e", script], { stdio: "ignore" });
  const busy = [1, 2].map(() => onFirst("for (;;);"));
  const [first, second] = busy.map(({ pid }) => pid ?? -1);
  try {
    while (waitedMs(first ?? -1) < 50 || waitedMs(second ?? -1) < 50) await sleep(50);
  } finally {
    for (const each of busy) each.kill("SIGKILL");
  }
});
