import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { call, recordingRule } from "./call-rules.ts";

const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");
const WHO = 1_900_000_041;
const BATCH = 1000;
/** Long lines, and no limit on what a user may cause: a few thousand of them are more than may wait. */
const SETTINGS = `labels: {pad: ${"x".repeat(4000)}}\nlimits: {ring: 16MiB, records: 1000000}\n`;

/**
 * Returns the records of the rule in the lines: those that exist, and those that are reported as
 * missing.
 */
function accounted(lines: readonly Readonly<Record<string, unknown>>[]): readonly [recorded: number, lost: number] {
  const ours = lines.filter(({ rule }) => rule === "recording");
  const lost = ours.reduce((sum, { lost_events: count }) => sum + Number(count ?? 0), 0);
  return [ours.filter(({ who }) => who === WHO).length, lost];
}

/** Returns the complete lines. */
function linesOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

kernelTest("a full disk loses only counted records, and the log continues as soon as there is room", async () => {
  const disk = mkdtempSync(join(tmpdir(), "bpfwarden-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "bpfwarden-test", disk]);
  try {
    const log = join(disk, "audit.jsonl");
    const settings = `actions: {audit: {log: {path: ${log}}}}\ndefaults: {action: audit}\n${SETTINGS}`;
    await using daemon = await DaemonProcess.start({
      rules: { "recording.yaml": recordingRule("recording", WHO) },
      settings,
    });
    const batches = 8;
    for (let n = 0; n < batches; n++) {
      call(WHO, BATCH);
      await sleep(100);
    }
    await daemon.until("the trouble to be told", (output) => output.includes("the log cannot be written"));
    await daemon.until("the rule to be degraded", (output) => output.includes("records are lost since"));
    execFileSync("mount", ["-o", "remount,size=256m", disk]);
    await daemon.until("the log to go on", (output) => output.includes("the log is written again"));
    call(WHO, 1);
    const total = batches * BATCH + 1;
    await waitUntil("all records to be accounted for", () => {
      const [recorded, lost] = accounted(linesOf(readFileSync(log, "utf8")));
      return recorded + lost === total;
    });
    const [recorded, lost] = accounted(linesOf(readFileSync(log, "utf8")));
    assert.ok(recorded > 0 && lost > 0, `${recorded} recorded, ${lost} lost`);
    assert.equal(await daemon.stop(), 0);
  } finally {
    execFileSync("umount", ["-l", disk]);
    rmSync(disk, { recursive: true });
  }
});

kernelTest("standard output without a reader delays nothing, and lost lines are counted", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-output-"));
  mkdirSync(join(folder, "rules.d"));
  writeFileSync(join(folder, "rules.d/recording.yaml"), recordingRule("recording", WHO));
  writeFileSync(join(folder, "bpfwarden.yaml"), SETTINGS);
  const child = spawn(process.execPath, [MAIN, "run", "--config", folder], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  child.stdout.pause();
  try {
    await waitUntil("the daemon to be ready", () => log.includes('"msg":"ready"'));
    const batches = 6;
    for (let n = 0; n < batches; n++) {
      call(WHO, BATCH);
      await sleep(100);
    }
    await waitUntil("the loss to be told", () => log.includes("records are lost since"));
    writeFileSync(join(folder, "rules.d/second.yaml"), recordingRule("second", 1));
    await waitUntil("a reload", () => log.includes('"msg":"reloaded"'));
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stdout.resume();
    await waitUntil("all records to be accounted for", () => {
      const [recorded, lost] = accounted(linesOf(output));
      return recorded + lost === batches * BATCH && lost > 0;
    });
    child.kill("SIGTERM");
    assert.equal(await waitUntil("the end", () => child.exitCode ?? child.signalCode ?? undefined), 0, log);
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
