import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fdatasyncSync, fsyncSync, openSync } from "node:fs";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { callGetppid, kernel, kernelWithout } from "./host.ts";

const OURS = `filter: pid == ${String(process.pid)}`;
const MS = 1_000_000;

/** Sleeps on a futex: the thread leaves its CPU and is woken by a timer. */
const sleep = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

const callFsync = (): void => assert.throws(() => fsyncSync(900_001), { code: "EBADF" });

kernelTest(
  "from wakeup to running: two tracepoints, matched by the pid that each has in a field of its own",
  async () => {
    await using loaded = new LoadedRule(`
rule: run-queue
probe:
  from: {any: [tracepoint:sched:sched_wakeup, tracepoint:sched:sched_wakeup_new], filter: args.pid == ${String(process.pid)}}
  to: tracepoint:sched:sched_switch
  match: {from: args.pid, to: args.next_pid}
  keep: {woken: args.comm, target: args.target_cpu}
event: {pid: args.next_pid, woken: woken, runs: args.next_comm, cpu: cpu, target: target, elapsed: elapsed}
`);
    for (let time = 0; time < 10; time++) sleep(20);
    const records = loaded.records();
    // who is woken before the processor was given to another needs no switch
    assert.ok(records.length >= 5, String(records.length));
    for (const { fields } of records) {
      assert.equal(fields["pid"], process.pid);
      assert.equal(fields["woken"], fields["runs"]);
      assert.ok(Number(fields["elapsed"]) > 0 && Number(fields["elapsed"]) < 10_000 * MS);
    }
  },
);

kernelTest("off the CPU: one tracepoint at both ends, where one thread leaves and another comes", async () => {
  const startedMs = performance.now();
  await using loaded = new LoadedRule(`
rule: off-cpu
probe:
  from: {probe: tracepoint:sched:sched_switch, filter: args.prev_pid == ${String(process.pid)}}
  to: tracepoint:sched:sched_switch
  match: {from: args.prev_pid, to: args.next_pid}
event: {pid: args.next_pid, elapsed: elapsed}
`);
  assert.equal(loaded.built.object.programs.length, 1);
  for (let time = 0; time < 5; time++) sleep(20);
  const passedNs = (performance.now() - startedMs) * MS;
  const records = loaded.records();
  const total = records.reduce((sum, { fields }) => sum + Number(fields["elapsed"]), 0);
  assert.ok(records.length >= 5, String(records.length));
  assert.ok(total > 60 * MS && total <= passedNs, `${String(total)} of ${String(passedNs)} ns`);
  for (const { fields } of records) assert.equal(fields["pid"], process.pid);
});

/** Everything that an event which ends one span and starts the next can be matched by. */
const SAME_PROBE: readonly (readonly [name: string, match: string])[] = [
  ["by thread", ""],
  ["by a number that recurs", "match: pid"],
  ["by a number of 64 bits", "match: pid + 0"],
];

for (const [name, match] of SAME_PROBE) {
  kernelTest(`each event ends the span that the one before began, ${name}`, async () => {
    const fsync = `{probe: tracepoint:syscalls:sys_enter_fsync, ${OURS}}`;
    await using loaded = new LoadedRule(`
rule: between
probe: {from: ${fsync}, to: ${fsync}, ${match}}
event: {elapsed: elapsed}
`);
    for (let time = 0; time < 3; time++) {
      callFsync();
      sleep(5);
    }
    const records = loaded.records();
    const { health } = await loaded.sample();
    assert.equal(records.length, 2);
    for (const { fields } of records) assert.ok(Number(fields["elapsed"]) >= 4 * MS);
    assert.deepEqual([health.matched, health.orphaned], [2, 0]);
  });
}

const LONG = `/nonexistent/${"long-".repeat(20)}name`;
const LONGER = `/nonexistent/${"longer-".repeat(60)}name`;

for (const [name, host] of [
  ["in task storage", kernel],
  ["in a hash", kernelWithout("task_storage")],
] as const) {
  for (const [by, match] of [
    ["by thread", ""],
    ["by number", "match: tid"],
  ] as const) {
    if (match !== "" && host !== kernel) continue;
    kernelTest(`texts and addresses of the start are available at the end, ${by}, ${name}`, async () => {
      const rule = `
rule: opened
probe:
  from: {probe: tracepoint:syscalls:sys_enter_openat, ${OURS}}
  to: {probe: tracepoint:syscalls:sys_exit_openat, ${OURS}}
  keep: {path: str(args.filename), who: comm, flags: args.flags, from: "::ffff:10.1.2.3", short: "str(args.filename, 9)"}
  ${match}
filter: starts_with(path, "/nonexistent/") and args.ret < 0
event: {path: path, who: who, flags: flags, from: from, short: short, ret: args.ret}
`;
      await using loaded = new LoadedRule(rule, undefined, host);
      for (const path of ["/nonexistent/a", LONG, LONGER]) assert.throws(() => openSync(path, "r"), { code: "ENOENT" });
      closeSync(openSync("/dev/null", "r"));
      const records = loaded.records();
      const room = match === "" ? 255 : 127;
      assert.deepEqual(
        records.map(({ fields, truncated }) => [fields["path"], truncated.includes("path")]),
        [
          ["/nonexistent/a", false],
          [LONG, false],
          [LONGER.slice(0, room), true],
        ],
      );
      for (const { fields, truncated } of records) {
        assert.deepEqual([fields["from"], fields["short"], fields["ret"]], ["10.1.2.3", "/nonexis", -2]);
        assert.ok(typeof fields["who"] === "string" && fields["who"] !== "");
        assert.ok(truncated.includes("short") && !truncated.includes("who"));
      }
    });
  }
}

kernelTest("kept texts are keys, compared and counted separately", async () => {
  await using loaded = new LoadedRule(`
rule: kept-keys
probe:
  from: {probe: tracepoint:syscalls:sys_enter_openat, ${OURS}}
  to: {probe: tracepoint:syscalls:sys_exit_openat, ${OURS}}
  keep: {path: "str(args.filename, 20)", who: comm}
filter: path == "/nonexistent/a" or path == "/nonexistent/b"
by: {path: path, who: who}
aggregate: count()
`);
  for (const name of ["a", "b", "a", "aa"]) assert.throws(() => openSync(`/nonexistent/${name}`, "r"));
  const { rows } = await loaded.sample();
  const counted = new Map(rows.map(({ labels, values }) => [labels["path"], values[0]?.[0]]));
  assert.deepEqual(
    counted,
    new Map([
      ["/nonexistent/a", 2],
      ["/nonexistent/b", 1],
    ]),
  );
});

kernelTest("`during` with a match counts everything of the process while any of its threads is inside", async () => {
  await using loaded = new LoadedRule(`
rule: inside
probe: {probe: tracepoint:syscalls:sys_enter_getppid, ${OURS}}
during:
  from: {probe: tracepoint:syscalls:sys_enter_fsync, ${OURS}}
  to: {probe: tracepoint:syscalls:sys_enter_openat, ${OURS}}
  match: pid
  keep: {file: args.fd, who: comm}
by: {file: file, who: who}
aggregate: count()
`);
  callGetppid(1);
  callFsync();
  callGetppid(3);
  assert.throws(() => openSync("/nonexistent/a", "r"));
  callGetppid(5);
  const { rows } = await loaded.sample();
  assert.deepEqual(
    rows.map(({ labels, values }) => [labels["file"], values[0]?.[0]]),
    [["900001", 3]],
  );
});

kernelTest("either end is a pattern, a list or `any`, and the start's own name is kept", async () => {
  await using loaded = new LoadedRule(`
rule: by-call
probe:
  from: {probe: "tracepoint:syscalls:sys_enter_f*sync", ${OURS}}
  to: [tracepoint:syscalls:no_such_one, {any: ["tracepoint:syscalls:sys_exit_f*sync"], ${OURS}}]
  keep: {call: func}
by: {call: call}
aggregate: count()
`);
  for (let time = 0; time < 3; time++) callFsync();
  assert.throws(() => fdatasyncSync(900_001), { code: "EBADF" });
  const { rows } = await loaded.sample();
  const counted = new Map(rows.map(({ labels, values }) => [labels["call"], values[0]?.[0]]));
  assert.deepEqual(
    counted,
    new Map([
      ["sys_enter_fsync", 3],
      ["sys_enter_fdatasync", 1],
    ]),
  );
});

for (const [name, host] of [
  ["in task storage", kernel],
  ["in a hash", kernelWithout("task_storage")],
] as const) {
  kernelTest(`a span of a thread that is killed inside it is counted as orphaned, ${name}`, async () => {
    const child = spawn("cat");
    const ofChild = `filter: pid == ${String(child.pid)}`;
    const rule = `
rule: killed
probe:
  from: {probe: tracepoint:syscalls:sys_enter_read, ${ofChild}}
  to: {probe: tracepoint:syscalls:sys_enter_fsync, ${ofChild}}
aggregate: count()
`;
    await using loaded = new LoadedRule(rule, undefined, host);
    for (const line of ["first\n", "second\n"]) {
      child.stdin.write(line);
      // what it reads the second line by was begun behind the first
      await once(child.stdout, "data");
    }
    const before = await loaded.sample();
    assert.equal(before.health.orphaned, 0);
    child.kill("SIGKILL");
    await once(child, "exit");
    let orphaned = 0;
    for (let time = 0; time < 200 && orphaned === 0; time++) {
      orphaned += (await loaded.sample()).health.orphaned;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(orphaned, 1);
  });
}
