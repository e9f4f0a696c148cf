import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { bpfwarden } from "../../daemon/cli/run-command.ts";
import { EmulatedTerminal } from "../../daemon/try/emulated-terminal.ts";
import { call, countingRule, recordingRule } from "../daemon/call-rules.ts";
import { kernelTest } from "../privilege.ts";
import { waitUntil } from "../support/wait-until.ts";

const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");
const SCHEMA = readFileSync(join(import.meta.dirname, "../../../schemas/try.schema.json"), "utf8");
const WHO = 1_900_000_021;

const folder = mkdtempSync(join(tmpdir(), "bpfwarden-try-"));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const both = write(
  "both.yaml",
  `${countingRule("counting", WHO, 30)}---\n${recordingRule("recording", WHO)}action: nowhere\n`,
);

/** `bpfwarden try` in pipes. */
class TryProcess {
  readonly child: ChildProcess;
  output = "";
  errors = "";

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, "try", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.errors += text));
  }

  async until(text: string): Promise<void> {
    await waitUntil(`${text} in ${this.output}${this.errors}`, () => this.output.includes(text));
  }

  /** Resolves with the exit code, when everything that was printed has been read. */
  async ended(): Promise<number | NodeJS.Signals> {
    await waitUntil("the end of the output", () => this.child.stdout?.readableEnded);
    return waitUntil("the end", () => this.child.exitCode ?? this.child.signalCode ?? undefined);
  }
}

type Line = Readonly<Record<string, unknown>>;

const linesOf = (output: string): readonly Line[] =>
  output
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

kernelTest("try --json prints samples, records and alerts by the schema, the last of them after Ctrl-C", async () => {
  const trial = new TryProcess(["--json", both]);
  await trial.until('"attached"');
  call(WHO, 40);
  await trial.until('"type":"alert"');
  // What is counted after the last tick is in the last sample, and what was recorded comes out
  // before the end.
  trial.child.kill("SIGSTOP");
  call(WHO, 5);
  trial.child.kill("SIGINT");
  trial.child.kill("SIGCONT");
  assert.equal(await trial.ended(), 0, trial.errors);

  const lines = linesOf(trial.output);
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(SCHEMA) as object);
  for (const line of lines) assert.ok(validate(line), `${JSON.stringify(line)}: ${JSON.stringify(validate.errors)}`);
  const ofType = (type: string, rule?: string): readonly Line[] =>
    lines.filter((line) => line["type"] === type && (rule === undefined || line["rule"] === rule));
  assert.deepEqual(
    ofType("attached").map(({ rule }) => rule),
    ["counting", "recording"],
  );
  assert.deepEqual(
    ofType("event").map(({ fields }) => fields),
    Array.from({ length: 45 }, () => ({ who: WHO })),
  );
  assert.deepEqual(
    ofType("alert").map(({ rule, alert }) => [rule, alert]),
    [["counting", "firing"]],
  );
  const [key] = (ofType("sample", "counting").at(-1)?.["keys"] ?? []) as readonly Line[];
  assert.deepEqual([key?.["values"], key?.["state"], key?.["severity"]], [{ value: 45 }, "firing", "warning"]);
  assert.deepEqual(ofType("sample", "recording").at(-1)?.["keys"], []);
  const { elapsed_ms: _elapsedMs, time: _time, ...end } = lines.at(-1) ?? {};
  assert.deepEqual(end, { type: "end", events: 45, fired: 1, resolved: 0 });
});

kernelTest("try in a pipe prints plain lines, and --for ends it", async () => {
  const before = readdirSync(folder);
  const trial = new TryProcess([both, "--for=3s"]);
  await trial.until("recording  attached to tracepoint:syscalls:sys_enter_getpriority");
  call(WHO, 31);
  assert.equal(await trial.ended(), 0, trial.errors);
  assert.match(trial.output, /^[\n -~…▁█]*$/);
  assert.match(trial.output, /^..:..:.. recording {2}who=1900000021$/m);
  assert.match(trial.output, /^..:..:.. FIRING warning counting {2}value 31 >= 30$/m);
  assert.match(trial.output, /^..:..:.. counting {2}value=31 firing warning: value 31 >= 30$/m);
  assert.match(trial.output, /^detached after 3s: 31 events, 1 alert fired, 0 resolved\n$/m);
  assert.equal(trial.errors, "");
  assert.deepEqual(readdirSync(folder), before);
});

kernelTest("try ends quietly if its output has no reader any more", async () => {
  const trial = new TryProcess(["--json", both]);
  await trial.until('"sample"');
  trial.child.stdout?.destroy();
  assert.equal(await waitUntil("the end", () => trial.child.exitCode ?? trial.child.signalCode ?? undefined), 0);
  assert.equal(trial.errors, "");
});

kernelTest(
  "try on a terminal keeps a table below the events, in the terminal's size, and Ctrl-C leaves it there",
  async () => {
    const terminal = new EmulatedTerminal(70, 16);
    const command = `stty cols 70 rows 16; exec ${process.execPath} ${MAIN} try ${both}`;
    const script = spawn("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, TERM: "xterm", SHELL: "/bin/bash", LC_ALL: "C.UTF-8" },
    });
    script.stdout.setEncoding("utf8").on("data", (text: string) => terminal.write(text));
    const shows = async (pattern: RegExp): Promise<unknown> =>
      waitUntil(`${pattern} on the screen`, () => pattern.test(terminal.screen.join("\n")));
    try {
      await shows(/Ctrl-C ends it/);
      call(WHO, 40);
      await shows(/^ {3}40 .* firing warning {2}value 40 >= 30$/m);
      await shows(/^counting {2}over 10m \(.* of it so far\), 1 firing$/m);
      await shows(/^recording {2}40 events$/m);
      assert.equal([...terminal.scrollback, ...terminal.screen].filter((line) => line.includes("who=")).length, 16);
      script.stdin.write("\x03");
      assert.equal(await waitUntil("the end", () => script.exitCode ?? script.signalCode ?? undefined), 0);
      assert.match(terminal.screen.at(-1) ?? "", /^detached after .*: 40 events, 1 alert fired, 0 resolved$/);
      assert.equal(terminal.screen.filter((line) => line.startsWith("counting  ")).length, 1);
      assert.ok(terminal.isCursorVisible && terminal.wraps);
    } finally {
      script.kill("SIGKILL");
    }
  },
);

kernelTest("try reports the errors of a faulty rule as check does, and runs nothing", () => {
  const faulty = write(
    "faulty.yaml",
    `${countingRule("good", WHO, 1)}---\nrule: bad\nprobe: tracepoint:signal:signal_generate\nfilter: uid = 0\naggregate: count()\n`,
  );
  const tried = bpfwarden(["try", faulty]);
  const checked = bpfwarden(["check", faulty]);
  // check says of the other rule how it is attached, and ends with a line that counts
  const faults = checked.errors.slice(0, checked.errors.indexOf("\ngood: "));
  assert.deepEqual(tried, { ...checked, errors: faults });
  assert.equal(tried.exit, 1);
  assert.match(tried.errors, /faulty\.yaml:\d+:13: .*\[assignment\]/);
});

kernelTest("try runs the named rule of a file; a wrong name or duration is wrong usage", () => {
  const { exit, output } = bpfwarden(["try", both, "--rule=recording", "--for=10ms"]);
  assert.equal(exit, 0);
  assert.doesNotMatch(output, /counting/);
  const unknown = bpfwarden(["try", both, "--rule=nothing"]);
  assert.deepEqual([unknown.exit, unknown.output], [2, ""]);
  assert.match(unknown.errors, /^bpfwarden: error: expected a rule "nothing" in ".*", found none\n$/);
  assert.equal(bpfwarden(["try", both, "--for=10"]).exit, 2);
  assert.equal(bpfwarden(["try", both, "--for=0s"]).exit, 2);
});
