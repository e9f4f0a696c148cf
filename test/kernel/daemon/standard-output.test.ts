import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { waitUntil } from "../support/wait-until.ts";
import { call, recordingRule } from "./call-rules.ts";

const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");
const WHO = 1_900_000_004;

kernelTest("a daemon whose standard output is closed continues, reports it once, and stops cleanly", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-output-"));
  mkdirSync(join(folder, "rules.d"));
  writeFileSync(join(folder, "rules.d/recording.yaml"), recordingRule("recording", WHO));
  const child = spawn(process.execPath, [MAIN, "run", "--config", folder], { stdio: ["ignore", "pipe", "pipe"] });
  let [output, log] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  try {
    await waitUntil("the daemon to be ready", () => log.includes('"msg":"ready"'));
    call(WHO);
    const [line] = await waitUntil("the first record", () => output.includes("\n") && output.split("\n"));
    assert.equal(JSON.parse(line ?? "").who, WHO);

    child.stdout.destroy();
    for (let n = 0; n < 3; n++) {
      call(WHO);
      await waitUntil("the log to tell", () => log.includes("standard output takes nothing any more"));
    }
    writeFileSync(join(folder, "rules.d/second.yaml"), recordingRule("second", 1));
    await waitUntil("a reload", () => log.includes('"msg":"reloaded"'));
    child.kill("SIGTERM");
    assert.equal(await waitUntil("the end", () => child.exitCode ?? child.signalCode ?? undefined), 0, log);
    assert.equal(log.split("standard output takes nothing any more").length, 2, log);
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
