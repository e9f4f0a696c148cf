import assert from "node:assert/strict";
import { after } from "node:test";
import { ForeignReader } from "../../../bpf/foreign/foreign-reader.ts";
import { hostSymbols } from "../../../bpf/foreign/host-symbols.ts";
import { GETPPID } from "../compile/host.ts";
import { NestedCalls } from "../loads/nested-calls.ts";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { waitUntil } from "../support/wait-until.ts";

const host = { nowMs: () => performance.now(), onFault: assert.fail };
const reader = new ForeignReader(host);
after(() => reader[Symbol.dispose]());
const symbols = () => hostSymbols(host, reader);

/** Names without what is behind the plus. */
const functions = (frames: unknown): readonly string[] => {
  assert.ok(Array.isArray(frames));
  return frames.map((frame) => String(frame).replace(/\+\d+$/, ""));
};

const rule = (pid: number): string => `
  rule: named
  probe: tracepoint:syscalls:sys_enter_getppid
  filter: pid == ${String(pid)}
  event: {user: ustack, kernel: kstack}
`;

for (const option of ["-pie", "-no-pie", "-static"]) {
  kernelTest(`frames are the functions of the program, built with ${option}`, async () => {
    await using program = new NestedCalls(option);
    await using loaded = new LoadedRule(rule(program.pid), symbols());
    await program.call("left", 1);
    await program.call("right", 1);
    const [left, right] = (await loaded.namedRecords()).map(({ fields }) => functions(fields["user"]));
    const at = left?.indexOf("left") ?? -1;
    // getppid(2) of libc has no frame of its own, so its caller is not seen
    assert.ok(at > 0, String(left));
    assert.deepEqual(left?.slice(at, at + 3), ["left", "outer", "main"]);
    assert.deepEqual(right?.slice(at, at + 3), ["right", "outer", "main"]);
  });
}

kernelTest("frames of the kernel are its functions, without those of the tracing", async () => {
  await using program = new NestedCalls();
  await using loaded = new LoadedRule(
    `
    rule: kernel
    probe: rawtracepoint:sys_enter
    filter: pid == ${String(program.pid)} and args.id == ${String(GETPPID)}
    event: {kernel: kstack}
    `,
    symbols(),
  );
  await program.call("left", 1);
  const frames = functions((await loaded.namedRecords())[0]?.fields["kernel"]);
  assert.ok(frames.includes("do_syscall_64") || frames.includes("el0_svc"), String(frames));
  assert.deepEqual(
    frames.filter((frame) => frame.startsWith("0x") || frame.startsWith("bpf_")),
    [],
  );
});

kernelTest(
  "a program whose file was deleted is named, and an ended one by the facts that were read before",
  async () => {
    await using program = new NestedCalls("-pie");
    program.deleteFile();
    await using loaded = new LoadedRule(rule(program.pid), symbols());
    await program.call("left", 1);
    assert.ok(functions((await loaded.namedRecords())[0]?.fields["user"]).includes("outer"));
    await program.call("right", 1);
    await program.end();
    const [frame, ...others] = functions((await loaded.namedRecords())[0]?.fields["user"]);
    assert.ok(others.includes("right") && others.includes("outer"), String([frame, ...others]));
    await using unknown = new NestedCalls("-pie");
    await using late = new LoadedRule(rule(unknown.pid), symbols());
    await unknown.call("left", 1);
    await unknown.end();
    for (const address of functions((await late.namedRecords())[0]?.fields["user"]))
      assert.match(address, /^0x[0-9a-f]+$/);
  },
);

kernelTest("at a function of the program the stack begins in that function", async () => {
  await using program = new NestedCalls();
  const text = rule(program.pid).replace(/probe: .*/, `probe: uprobe:${program.path}:innermost`);
  await using loaded = new LoadedRule(text.replace("{user", "{symbol: usym(task.mm.start_code), user"), symbols());
  await program.call("right", 1);
  const [record] = await loaded.namedRecords();
  assert.equal(functions(record?.fields["user"])[0], "innermost");
  assert.match(String(record?.fields["user"]), /^innermost\+0,/);
  assert.ok(functions(record?.fields["user"]).includes("outer"));
  assert.match(String(record?.fields["symbol"]), /^(_init\+0|\[nested\+0x[0-9a-f]+\])$/);
});

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

kernelTest("a stack has the requested number of frames", async () => {
  await using program = new NestedCalls();
  await using rule = new LoadedRule(`
    rule: depths
    probe: tracepoint:syscalls:sys_enter_getppid
    filter: pid == ${String(program.pid)}
    event: {two: ustack(2), one: ustack(1), all: ustack, symbol: usym(args.__syscall_nr), address: ksym(task.sighand)}
    aggregate: count()
  `);
  await program.call("left", 1);
  const [record] = await rule.namedRecords();
  const all = record?.fields["all"];
  assert.ok(Array.isArray(all) && all.length >= 4, String(all));
  assert.deepEqual(record?.fields["two"], all.slice(0, 2));
  assert.deepEqual(record.fields["one"], all.slice(0, 1));
  assert.deepEqual(record.fields["symbol"], [`0x${GETPPID.toString(16)}`]);
  assert.match(String(record.fields["address"]), /^0xffff[0-9a-f]{12}$/);
});

kernelTest("a stack that a span keeps is that of the start", async () => {
  await using program = new NestedCalls();
  await using rule = new LoadedRule(`
    rule: kept
    probe:
      from: rawtracepoint:sys_enter
      to: rawtracepoint:sys_exit
      filter: {from: pid == ${String(program.pid)} and args.id == ${String(GETPPID)}}
      keep: {began: ustack, inside: kstack}
    by: {began: began, ended: kstack}
    event: {inside: inside, ended: kstack}
    aggregate: count()
  `);
  await program.call("left", 4);
  await program.call("right", 6);
  const { rows } = await rule.sample();
  assert.deepEqual(new Set(rows.map(({ values }) => values[0]?.[0])), new Set([4, 6]));
  const [record] = await rule.namedRecords();
  assert.ok(Array.isArray(record?.fields["inside"]) && record.fields["inside"].length > 0);
  assert.notDeepEqual(record.fields["inside"], record.fields["ended"]);
});

kernelTest("a kernel thread has no stack in user space, without a fault", async () => {
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

kernelTest("samples of a CPU have the stacks of the running processes", async () => {
  await using program = new NestedCalls();
  await using loaded = new LoadedRule(
    `
    rule: sampled
    probe: profile:199hz
    filter: pid == ${String(program.pid)}
    by: {stack: ustack}
    aggregate: count()
  `,
    symbols(),
  );
  await program.call("right", 500_000);
  const { rows } = await loaded.sample();
  const all = rows.map(({ labels }) => labels["stack"] ?? "");
  assert.ok(
    all.some((stack) => /;right\+\d+;outer\+\d+;main\+\d+/.test(stack)),
    all.join("\n"),
  );
  assert.ok(!all.some((stack) => stack.includes("left")), all.join("\n"));
});
