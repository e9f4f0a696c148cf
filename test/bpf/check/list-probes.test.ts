import assert from "node:assert/strict";
import { test } from "node:test";
import { listProbes } from "../../../bpf/check/probes/list-probes.ts";
import { namePattern } from "../../../bpf/check/probes/name-pattern.ts";
import { probeArguments } from "../../../bpf/check/probes/probe-arguments.ts";
import { fixtureKernel } from "../kernel-fixture.ts";

const kernel = fixtureKernel();
const probes = (pattern: string): readonly string[] => listProbes(pattern, kernel).probes;

test("`*` stands for any characters, everything else for itself", () => {
  const names = ["a", "ab", "abc", "a.c", "a*c"];
  const matching = (pattern: string): readonly string[] => names.filter(namePattern(pattern));
  assert.deepEqual(matching("a"), ["a"]);
  assert.deepEqual(matching("a*c"), ["abc", "a.c", "a*c"]);
  assert.deepEqual(matching("a.c"), ["a.c"]);
  assert.deepEqual(matching("**b*"), ["ab", "abc"]);
  assert.deepEqual(matching("*"), names);
});

test("a bare name is searched in all kinds that need no file", () => {
  assert.deepEqual(probes("tcp_receive_*"), ["tracepoint:tcp:tcp_receive_reset", "rawtracepoint:tcp_receive_reset"]);
});

test("a pattern may name kind, category, file and symbol, and the kind by a pattern too", () => {
  assert.deepEqual(probes("tracepoint:*:sched_w*"), ["tracepoint:sched:sched_wakeup"]);
  assert.deepEqual(probes("tracepoint:raw_syscalls:*").length, 2);
  assert.deepEqual(probes("tcp:tcp_probe"), ["tracepoint:tcp:tcp_probe"]);
  assert.deepEqual(probes("uprobe:/bin/bash:read*"), [
    "uprobe:/bin/bash:readline",
    "uprobe:/bin/bash:readline_internal_teardown",
  ]);
  assert.deepEqual(probes("u*:libc.so.6:malloc"), ["uprobe:libc.so.6:malloc", "uretprobe:libc.so.6:malloc"]);
});

test("reasons are given only for kinds that the pattern names", () => {
  assert.deepEqual(listProbes("uprobe:/no/such:*", kernel), {
    probes: [],
    reasons: ['"/no/such" cannot be read: no such file'],
    leftOut: [],
  });
  assert.deepEqual(listProbes("no_such_probe_*", kernel), { probes: [], reasons: [], leftOut: [] });
});

test("arguments have the names and types that expressions use", () => {
  const found = probeArguments("tracepoint:tcp:tcp_receive_reset", kernel);
  assert.ok(typeof found !== "string");
  assert.deepEqual(found.slice(0, 2), [
    { name: "args.skaddr", type: "void *" },
    { name: "args.sport", type: "u16" },
  ]);
  assert.deepEqual(found.at(-1), { name: "args.sock_cookie", type: "u64" });
  assert.deepEqual(probeArguments("rawtracepoint:sched_wakeup", kernel), [
    { name: "arg0", type: "struct task_struct *" },
  ]);
  assert.deepEqual(probeArguments("uretprobe:/bin/bash:readline", kernel), [{ name: "retval", type: "s64" }]);
  assert.deepEqual((probeArguments("tracepoint:ipi:ipi_send_cpumask", kernel) as readonly object[])[0], {
    name: "args.cpumask",
    unreadable: 'it is a "__data_loc cpumask_t"',
  });
  assert.equal(probeArguments("tracepoint:tcp:nothing", kernel), 'this kernel has no tracepoint "tcp:nothing"');
});
