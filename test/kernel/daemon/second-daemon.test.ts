import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { call, MARKS, recordingRule } from "./call-rules.ts";

const WHO = 1_900_000_017;
const main = join(import.meta.dirname, "../../../daemon/main.ts");
const SETTINGS = "actions: { audit: { log: { path: alerts.jsonl } } }\ndefaults: { action: audit }\n";

function startIn(folder: string): { readonly exit: number | null; readonly errors: string } {
  const { status, stderr } = spawnSync(process.execPath, [main, "run", "--config", folder], {
    encoding: "utf8",
    timeout: 60_000,
  });
  return { exit: status, errors: stderr };
}

/** A folder with settings and no rules. */
function otherFolder(settings: string): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "bpfwarden-second-"));
  mkdirSync(join(path, "rules.d"));
  writeFileSync(join(path, "bpfwarden.yaml"), SETTINGS + settings);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

kernelTest("a second daemon on one state folder or socket refuses to start and names the first", async () => {
  const rules = { "recording.yaml": recordingRule("recording", WHO), "marks.yaml": MARKS };
  await using daemon = await DaemonProcess.start({ rules, settings: SETTINGS });
  using sameState = otherFolder(`state_dir: ${daemon.folder}/state\nsocket: own.sock\n`);
  using sameSocket = otherFolder(`socket: ${daemon.folder}/state/control.sock\n`);
  for (const folder of [daemon.folder, sameState.path, sameSocket.path]) {
    const { exit, errors } = startIn(folder);
    assert.equal(exit, 1, errors);
    assert.match(errors, new RegExp(`another bpfwarden, process ${daemon.pid}, uses the `));
    assert.doesNotMatch(errors, /"msg":"(attached|ready)"/);
  }
  call(WHO, 3);
  assert.equal(await daemon.stop(), 0, daemon.output);
  assert.equal(daemon.lines("alerts.jsonl").filter(({ rule }) => rule === "recording").length, 3);
});

kernelTest("files of a killed daemon, and a file without a lock, do not prevent the start", async () => {
  await using daemon = await DaemonProcess.start({ rules: { "marks.yaml": MARKS }, settings: SETTINGS });
  await daemon.restart("SIGKILL", () => writeFileSync(join(daemon.folder, "state/daemon.lock"), "1\n"));
  assert.doesNotMatch(daemon.output, /"level":[456]0/);
});

kernelTest("a lock whose file is removed while the daemon runs is taken again", async () => {
  await using daemon = await DaemonProcess.start({ rules: { "marks.yaml": MARKS }, settings: SETTINGS });
  const path = join(daemon.folder, "state/daemon.lock");
  rmSync(path);
  await waitUntil("the lock", () => existsSync(path) && readFileSync(path, "utf8") === `${daemon.pid}\n`);
  const { exit, errors } = startIn(daemon.folder);
  assert.deepEqual([exit, /another bpfwarden, process (\d+)/.exec(errors)?.[1]], [1, String(daemon.pid)], errors);
});
