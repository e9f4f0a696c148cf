import assert from "node:assert/strict";
import { GETPPID } from "../compile/host.ts";
import { NestedCalls } from "../loads/nested-calls.ts";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { waitUntil } from "../support/wait-until.ts";

kernelTest("two callers are two keys, each with its own count", async () => {
  await using program = new NestedCalls();
  await using rule = new LoadedRule(`
    rule: callers
    probe: tracepoint:syscalls:sys_enter_getppid
    filter: pid == ${String(program.pid)}
    by: {stack: ustack, kernel: kstack}
    aggregate: count()
  `);
  await program.call("left", 5);
  await program.call("right", 3);
  await program.call("left", 2);
  const { rows, health } = await rule.sample();
  const counts = rows.map(({ labels, values }) => ({ ...labels, count: values[0]?.[0] }));
  assert.deepEqual(new Set(counts.map(({ count }) => count)), new Set([3, 7]));
  assert.equal(new Set(rows.map(({ labels }) => labels["stack"])).size, 2);
  assert.equal(new Set(rows.map(({ labels }) => labels["kernel"])).size, 1);
  assert.deepEqual([health.faulted, health.lost_scratch], [0, 0]);
});

kernelTest("a stack has as many frames as it was asked for", async () => {
  await using program = new NestedCalls();
  await using rule = new LoadedRule(`
    rule: depths
    probe: tracepoint:syscalls:sys_enter_getppid
    filter: pid == ${String(program.pid)}
    event: {two: ustack(2), one: ustack(1), all: ustack, symbol: usym(args.__syscall_nr), address: ksym(task.sighand)}
    aggregate: count()
  `);
  await program.call("left", 1);
  const [record] = rule.records();
  const all = record?.fields["all"];
  assert.ok(Array.isArray(all) && all.length >= 4, String(all));
  assert.deepEqual(record?.fields["two"], all.slice(0, 2));
  assert.deepEqual(record.fields["one"], all.slice(0, 1));
  assert.deepEqual(record.fields["symbol"], [`0x${GETPPID.toString(16)}`]);
  assert.match(String(record.fields["address"]), /^0xffff[0-9a-f]{12}$/);
});

kernelTest("what a span keeps of its start is the stack of the start", async () => {
  await using program = new NestedCalls();
  await using rule = new LoadedRule(`
    rule: kept
    probe:
      from: tracepoint:syscalls:sys_enter_getppid
      to: tracepoint:syscalls:sys_exit_getppid
      filter: {from: pid == ${String(program.pid)}}
      keep: {began: ustack, inside: kstack}
    by: {began: began, ended: kstack}
    event: {inside: inside, ended: kstack}
    aggregate: count()
  `);
  await program.call("left", 4);
  await program.call("right", 6);
  const { rows } = await rule.sample();
  assert.deepEqual(new Set(rows.map(({ values }) => values[0]?.[0])), new Set([4, 6]));
  const [record] = rule.records();
  assert.ok(Array.isArray(record?.fields["inside"]) && record.fields["inside"].length > 0);
  assert.notDeepEqual(record.fields["inside"], record.fields["ended"]);
});

kernelTest("a kernel thread has no stack in user space, which is no fault", async () => {
  await using rule = new LoadedRule(`
    rule: threads
    probe: tracepoint:sched:sched_switch
    filter: task.mm == 0
    event: {user: ustack, kernel: kstack}
    aggregate: count()
  `);
  const record = await waitUntil("a kernel thread to leave its CPU", () => rule.records()[0]);
  assert.deepEqual(record.fields["user"], []);
  assert.notDeepEqual(record.fields["kernel"], []);
  assert.equal((await rule.sample()).health.faulted, 0);
});
