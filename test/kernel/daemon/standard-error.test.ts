import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { waitUntil } from "../support/wait-until.ts";
import { call, recordingRule, SETTINGS } from "./call-rules.ts";

const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");
const WHO = 1_900_000_051;

/** A file that 40 kB of the log are about. */
function brokenRule(version: number): string {
  const keys = Array.from({ length: 40 }, (_, n) => `${"k".repeat(1000)}${n}: ${version}\n`);
  return `rule: broken\n${keys.join("")}`;
}

kernelTest("standard error without a reader delays nothing, and lost lines are counted", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-output-"));
  const rules = join(folder, "rules.d");
  mkdirSync(rules);
  writeFileSync(join(rules, "recording.yaml"), recordingRule("recording", WHO));
  writeFileSync(join(folder, "bpfwarden.yaml"), SETTINGS);
  const child = spawn(process.execPath, [MAIN, "run", "--config", folder], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const text = (): string => {
    const path = join(folder, "alerts.jsonl");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  try {
    await waitUntil("the daemon to be ready", () => log.includes('"msg":"ready"'));
    child.stderr.pause();
    for (let version = 1; version <= 8; version++) {
      for (let file = 0; file < 5; file++) writeFileSync(join(rules, `broken-${file}.yaml`), brokenRule(version));
      // A rule that comes shows that a reload is over, and records that the daemon goes on.
      const who = WHO + version;
      writeFileSync(join(rules, "next.yaml"), recordingRule("next", who));
      await waitUntil(`records with the files of version ${version}`, () => {
        call(who);
        return text().includes(`"who":${who}`);
      });
    }
    call(WHO, 100);
    await waitUntil("records while nobody reads", () => text().split(`"who":${WHO}`).length > 100);
    child.stderr.resume();
    const [, lost] = await waitUntil(
      "the loss to be told",
      () => /"lost":(\d+),"msg":"lines of the log are lost/.exec(log) ?? undefined,
    );
    assert.ok(Number(lost) > 0);
    for (const line of log.trimEnd().split("\n")) assert.doesNotThrow(() => JSON.parse(line) as unknown, line);
    child.stderr.pause();
    child.kill("SIGTERM");
    assert.equal(await waitUntil("the end", () => child.exitCode ?? child.signalCode ?? undefined), 0, log);
    child.stderr.resume();
    await waitUntil("the last word", () => log.includes('"msg":"stopped"'));
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
