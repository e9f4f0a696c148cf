import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { skipWithoutBpf } from "../privilege.ts";
import { waitUntil } from "../support/wait-until.ts";

const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");
const GOOD = "rule: good\nprobe: tracepoint:sched:sched_switch\naggregate: count()\nthreshold: value > 0\n";
const BAD = "rule: bad\nprobe: tracepoint:sched:sched_switch\nfilter: uid = 0\naggregate: count()\n";
const TESTS = "test: never\nsignals:\n  - { labels: {}, value: 1x9 }\nexpect: []\nstates:\n  - { at: 5s, state: ok }\n";
const CTRL_C = "\x03";
/** Select Graphic Rendition of ECMA-48 */
const COLORED = /\x1b\[[\d;]*m/;

/** A command that writes colors, and what its output shows once it has done so. */
interface Command {
  readonly args: readonly string[];
  readonly shows: RegExp;
}

const folder = mkdtempSync(join(tmpdir(), "bpfwarden-colors-"));
const file = (path: string, text: string): string => {
  writeFileSync(join(folder, path), text);
  return join(folder, path);
};
mkdirSync(join(folder, "rules.d"));
const rules = file("rules.d/good.yaml", GOOD);
const bad = file("rules.d/bad.yaml", BAD);
file("bpfwarden.yaml", "state_dir: state\nsocket: control.sock\n");
file("rules.d/good.test.yaml", TESTS);
file("rules.d/bad.test.yaml", TESTS);

const COMMANDS: Readonly<Record<string, Command>> = {
  check: { args: ["check", bad], shows: /\[assignment\]/ },
  compile: { args: ["compile", bad], shows: /\[assignment\]/ },
  "probes --record": { args: ["probes", "--record", join(folder, "record"), "--rules", bad], shows: /\[assignment\]/ },
  "try of a faulty rule": { args: ["try", bad], shows: /\[assignment\]/ },
  "test of a faulty rule": { args: ["test", bad], shows: /\[assignment\]/ },
  test: { args: ["test", rules], shows: /0 of 1 test passed/ },
  try: { args: ["try", rules], shows: /FIRING/i },
  run: { args: ["run", "--config", folder], shows: /\[assignment\][^]*ready/ },
};

/** Returns the output of a command on a terminal of its own, up to a given text; Ctrl-C ends it. */
async function screenOf({ args, shows }: Command, environment: NodeJS.ProcessEnv): Promise<string> {
  const command = [process.execPath, MAIN, ...args].join(" ");
  const script = spawn("script", ["--quiet", "--flush", "--command", command, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { PATH: process.env["PATH"], ...environment },
  });
  let screen = "";
  script.stdout.setEncoding("utf8").on("data", (text: string) => (screen += text));
  using ending = new DisposableStack();
  ending.defer(() => void script.kill("SIGKILL"));
  await waitUntil(`${args.join(" ")} to show ${shows}`, () => shows.test(plain(screen)), 60_000);
  script.stdin.write(CTRL_C);
  script.stdin.end();
  await waitUntil(`${args.join(" ")} to end`, () => script.exitCode !== null, 60_000);
  return screen;
}

const plain = (text: string): string => text.replaceAll(new RegExp(COLORED, "g"), "");

suite("colors on a terminal", { skip: skipWithoutBpf }, () => {
  after(() => rmSync(folder, { recursive: true }));
  for (const [name, command] of Object.entries(COMMANDS)) {
    test(`${name}: without colors with NO_COLOR and on a dumb terminal`, async () => {
      assert.match(await screenOf(command, { TERM: "xterm" }), COLORED);
      assert.match(await screenOf(command, { TERM: "xterm", NO_COLOR: "" }), COLORED);
      assert.doesNotMatch(await screenOf(command, { TERM: "xterm", NO_COLOR: "1" }), COLORED);
      assert.ok(!(await screenOf(command, { TERM: "dumb" })).includes("\x1b"));
    });
  }
});
