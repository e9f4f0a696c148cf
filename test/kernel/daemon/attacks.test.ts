import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { BashOnPty } from "../support/bash-on-pty.ts";
import { DaemonProcess, shippedRule } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { alertsOf, call, countEntries, judged, MARKS, recordingRule, reloaded, SETTINGS } from "./call-rules.ts";

const NOBODY = 65_534;
/** of setpriv(1) */
const IDENTITY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
const WHO = 1_900_000_071;
/** `program TIMES WHO [STEP]`: calls getpriority(2), each time with WHO greater by STEP. */
const FLOOD = `
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int who = atoi(argv[2]);
  for (int n = atoi(argv[1]); n > 0; n--) {
    syscall(SYS_getpriority, PRIO_USER, who);
    who += argc > 3 ? atoi(argv[3]) : 0;
  }
}`;
const CALLS = `rule: calls
probe: tracepoint:syscalls:sys_enter_getpriority
filter: args.who == ${WHO}
event: {uid: uid}
`;
const PROGRAMS = `rule: programs
probe: tracepoint:sched:sched_process_exec
filter: uid == ${NOBODY} and ppid == ${process.pid}
event: {pid: pid, all: argv()}
action: [file, screen]
`;

/** Runs a command as a user without rights; returns its exit code and what it says. */
function asNobody(...command: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync("setpriv", [...IDENTITY, ...command], { encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
}

function start(rules: Readonly<Record<string, string>>, limits = ""): Promise<DaemonProcess> {
  return DaemonProcess.start({ rules: { "marks.yaml": MARKS, ...rules }, settings: `${SETTINGS}${limits}` });
}

const linesOf = (daemon: DaemonProcess, rule: string) =>
  daemon.lines("alerts.jsonl").filter((line) => line["rule"] === rule);

kernelTest("a user who floods loses only records of its own, and all are counted", async () => {
  using flood = new CProgram(FLOOD, [], "flood");
  chmodSync(flood.folder, 0o755);
  await using daemon = await start({ "calls.yaml": CALLS }, "limits: {records: 100}\n");
  assert.equal(asNobody(flood.path, "100000", String(WHO)).status, 0);
  call(WHO, 500);
  await judged(daemon);
  const lines = () => linesOf(daemon, "calls");
  const recorded = (uid: number): number =>
    lines().filter((line) => line["uid"] === uid && line["left_out"] === undefined).length;
  const left = () => lines().filter((line) => line["left_out"] !== undefined);
  const leftOut = (): number => left().reduce((sum, line) => sum + Number(line["left_out"]), 0);
  await waitUntil("all to be recorded or counted", () => recorded(NOBODY) + leftOut() >= 100_000);
  assert.equal(recorded(NOBODY) + leftOut(), 100_000);
  assert.equal(recorded(0), 500);
  assert.ok(recorded(NOBODY) < 5000, String(recorded(NOBODY)));
  assert.deepEqual(new Set(left().map(({ uid }) => uid)), new Set([NOBODY]));
});

kernelTest("a user who floods for long gets no audit detached by limits.cpu", async () => {
  using flood = new CProgram(FLOOD, [], "flood");
  chmodSync(flood.folder, 0o755);
  await using daemon = await start({ "calls.yaml": CALLS }, "limits: {records: 100, cpu: 0.001%}\n");
  const endless = spawn("setpriv", [...IDENTITY, flood.path, "2000000000", String(WHO)], { stdio: "ignore" });
  try {
    await waitUntil("a measurement over the limit", () => daemon.output.includes("stays attached"));
    // A rule with a threshold would be detached after four more measurements, 5 s apart.
    await setTimeout(27_000);
  } finally {
    endless.kill();
  }
  call(WHO, 50);
  const recorded = (): number =>
    linesOf(daemon, "calls").filter(({ uid, left_out: left }) => uid === 0 && left === undefined).length;
  await waitUntil("the records", () => recorded() === 50);
});

kernelTest("a user who makes endless keys keeps no key of another user from being judged", async () => {
  using flood = new CProgram(FLOOD, [], "flood");
  chmodSync(flood.folder, 0o755);
  const keys = `rule: keys
probe: tracepoint:syscalls:sys_enter_getpriority
filter: args.who >= ${WHO} and args.who < ${WHO + 20_000}
by: {who: args.who, uid: uid}
aggregate: count()
window: 10m
threshold: value >= 3
`;
  await using daemon = await start({ "keys.yaml": keys }, "limits: {keys: 1000}\nnotify: {group_interval: 200ms}\n");
  assert.equal(asNobody(flood.path, "20000", String(WHO), "1").status, 0);
  call(WHO + 7, 3);
  const alert = await waitUntil("the alert", () => alertsOf(daemon, "keys").find(({ labels }) => "who" in labels));
  assert.deepEqual([alert.labels["who"], alert.labels["uid"]], [String(WHO + 7), "0"]);
  assert.match(JSON.stringify(alert), /"keysOverLimit":[1-9]/, "the loss is reported");
});

kernelTest("a user's shell that takes another name is still recorded", async () => {
  await using daemon = await start({ "bash-audit.yaml": shippedRule("bash-audit") });
  await using bash = await BashOnPty.start(`setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups /bin/bash`);
  await bash.run("echo innocent > /proc/$$/comm");
  await bash.run(": under another name");
  const line = await waitUntil("the record", () =>
    linesOf(daemon, "bash-audit").find(({ command }) => command === ": under another name"),
  );
  assert.equal(line["uid"], NOBODY);
});

kernelTest("escapes and line breaks in arguments forge no line, and none reaches a terminal", async () => {
  const forged = '{"rule":"programs","all":"forged"}';
  const attack = `\u001b]0;owned\u0007\u001b[2J\r\n${forged}\n\u009b31m`;
  await using daemon = await start({ "programs.yaml": PROGRAMS });
  assert.equal(asNobody("/bin/true", attack).status, 0);
  const line = await waitUntil("the record", () =>
    linesOf(daemon, "programs").find(({ all }) => String(all).startsWith("/bin/true")),
  );
  assert.equal(line["all"], `/bin/true ${attack}`);
  await waitUntil("the line on the screen", () => daemon.output.includes("owned"));
  assert.deepEqual(
    linesOf(daemon, "programs").filter(({ pid }) => typeof pid !== "number"),
    [],
  );
  for (const text of [readFileSync(join(daemon.folder, "alerts.jsonl"), "utf8"), daemon.output]) {
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    assert.ok(!text.split("\n").includes(forged));
  }
});

kernelTest("a megabyte of arguments is one short record, which says that it was cut", async () => {
  await using daemon = await start({ "programs.yaml": PROGRAMS });
  const huge = Array.from({ length: 10 }, () => "x".repeat(100_000));
  assert.equal(asNobody("/bin/true", ...huge).status, 0);
  const line = await waitUntil("the record", () =>
    linesOf(daemon, "programs").find(({ all }) => String(all).startsWith("/bin/true xxx")),
  );
  assert.deepEqual(line["truncated"], ["all"]);
  assert.ok(JSON.stringify(line).length < 8000);
  asNobody("/bin/true", "after");
  await waitUntil("the next record", () => linesOf(daemon, "programs").find(({ all }) => all === "/bin/true after"));
});

kernelTest("nobody else can stop the daemon, ask it, or change what it wrote", async () => {
  await using daemon = await start({ "calls.yaml": CALLS });
  call(WHO);
  await judged(daemon);
  for (const path of [daemon.folder, join(daemon.folder, "state")]) chmodSync(path, 0o755);
  for (const signal of ["STOP", "KILL", "TERM"])
    assert.match(asNobody("sh", "-c", `kill -${signal} ${daemon.pid}`).said, /not permitted/);
  const connect = `import net from "node:net"; net.connect(process.argv[1]).on("error", (e) => console.log(e.code))`;
  const node = ["--input-type=module", "--eval", connect, join(daemon.folder, "state/control.sock")];
  assert.equal(asNobody(process.execPath, ...node).said.trim(), "EACCES");
  const log = join(daemon.folder, "alerts.jsonl");
  for (const attempt of [`: >> ${log}`, `rm -f ${log}`, `mv ${log} ${log}.1`])
    assert.notEqual(asNobody("sh", "-c", attempt).status, 0, attempt);
  call(WHO);
  await judged(daemon);
  assert.equal(linesOf(daemon, "calls").length, 2);
});

kernelTest("a link in the rules folder to a place where another user writes brings no rule in", async (context) => {
  const theirs = mkdtempSync(join(tmpdir(), "bpfwarden-theirs-"));
  context.after(() => rmSync(theirs, { recursive: true }));
  chownSync(theirs, NOBODY, NOBODY);
  const target = join(theirs, "rule.yaml");
  const plant = (): void => {
    const rule = recordingRule("planted", WHO);
    assert.equal(asNobody("sh", "-c", 'printf %s "$1" > "$2"', "sh", rule, target).status, 0);
  };
  await using daemon = await start({ "calls.yaml": CALLS });
  plant();
  await reloaded(daemon, () => symlinkSync(target, join(daemon.folder, "rules.d/link.yaml")));
  const notice = await waitUntil("the notice", () => alertsOf(daemon, "BpfwardenRuleFileBroken")[0]);
  assert.equal(notice.labels["file"], join(daemon.folder, "rules.d/link.yaml"));
  plant();
  await reloaded(daemon, () => daemon.signal("SIGHUP"));
  assert.equal(countEntries(daemon, "attached", "planted"), 0);
  assert.notEqual(asNobody("sh", "-c", `: > ${join(daemon.folder, "rules.d/own.yaml")}`).status, 0);
});
