import assert from "node:assert/strict";
import { openSync } from "node:fs";
import { sharedNumbers } from "../../../bpf/check/names/compat-syscalls.ts";
import type { CheckedProgram, Column, ProbeProgram, Step } from "../../../bpf/check/checked-program.ts";
import type { Bytes, Scalar, Value } from "../../../bpf/check/typed-expression.ts";
import type { Type } from "../../../bpf/check/type.ts";
import {
  aggregate,
  binary,
  both,
  column,
  constant,
  context,
  equal,
  filter,
  helper,
  integer,
  lineSpan,
  load,
  RULE_SPAN,
  rule,
  text,
  thisProcess,
} from "../../bpf/compile/scalars.ts";
import { kernelTest } from "../privilege.ts";
import { callGetppid, GETPPID, kernel, kernelWithout, offsetOf, rawTracepoint, tracepoint } from "./host.ts";
import { runRule } from "./run-rule.ts";

const OPENAT = process.arch === "x64" ? 257 : 56;
const ADDRESS: Type = { kind: "address" };
const span = lineSpan("by");
const program = (attach: ProbeProgram["attach"], steps: readonly Step[]): ProbeProgram => ({
  name: "values",
  attach,
  steps,
  span: RULE_SPAN,
});

/** Counts getppid(2) of this process by the given values. */
function counting(
  key: readonly Column[],
  values: readonly Value[],
  conditions: readonly Scalar[] = [],
): CheckedProgram {
  const ours = both(equal(context(8), constant(GETPPID)), thisProcess(process.pid));
  const update: Step = { do: "aggregate", key: values, updates: [{ aggregate: 0 }], span: lineSpan("aggregate") };
  const steps = [filter(ours), ...conditions.map(filter), { do: "matched" } as const, update];
  const programs = [program([tracepoint("raw_syscalls", "sys_enter")], steps)];
  return rule({ key, aggregates: [aggregate("n", "count")], programs });
}

const literal = (value: string): Bytes => ({
  op: "literal",
  value: Buffer.from(`${value}\0`),
  bytes: value.length + 1,
});
const comm: Bytes = { op: "comm", bytes: 16 };
const isComm = (right: string): Scalar => ({ op: "bytes-equal", left: comm, right: Buffer.from(right) });

kernelTest("a key holds integers, a comm, addresses and literals, every byte of it", async () => {
  const v4 = binary(binary(context(8), "-", constant(GETPPID)), "+", constant(0x0100007f));
  const key = [column("small", integer(8)), column("comm", text(16)), column("peer", ADDRESS), column("word", text(5))];
  const values: readonly Value[] = [
    { span, scalar: constant(200) },
    { span, bytes: comm },
    { span, bytes: { op: "mapped-v4", value: v4, bytes: 16 } },
    {
      span,
      bytes: { op: "choose", test: isComm("bash\0"), then: literal("sh"), otherwise: literal("node"), bytes: 5 },
    },
  ];
  const title = process.title;
  process.title = "values-test";
  const { rows } = await runRule(counting(key, values), () => callGetppid(10));
  process.title = title;
  const expected = Buffer.alloc(48);
  expected.writeUInt32LE(200, 0);
  expected.write("values-test", 8);
  Buffer.from("00000000000000000000ffff7f000001", "hex").copy(expected, 24);
  expected.write("node", 40);
  assert.deepEqual(
    rows.map((row) => [Buffer.from(row.key).toString("hex"), row.values]),
    [[expected.toString("hex"), [[10n]]]],
  );
});

kernelTest("strings compare as a whole, prefixes and masks in part", async () => {
  const title = process.title;
  process.title = "values-test";
  const cases: readonly (readonly [Scalar, boolean])[] = [
    [isComm("values-test\0"), true],
    [isComm("values-"), true],
    [isComm("values\0"), false],
    [isComm("values-test-and-more-of-it\0"), false],
    [{ op: "not", operand: isComm("values\0") }, true],
    [{ op: "or", left: isComm("x"), right: isComm("value") }, true],
    [{ op: "and", left: { op: "not", operand: isComm("x") }, right: isComm("values-test") }, true],
    [{ op: "bytes-equal", left: comm, right: Buffer.from("xalues"), mask: Buffer.from("00ffffffffff", "hex") }, true],
    [{ op: "bytes-equal", left: comm, right: Buffer.from("xalues"), mask: Buffer.from("0fffffffffff", "hex") }, false],
  ];
  for (const [condition, holds] of cases) {
    const { unkeyed } = await runRule(counting([], [], [condition]), () => callGetppid(10));
    assert.deepEqual(unkeyed, [[holds ? 10n : 0n]], JSON.stringify(condition));
  }
  process.title = title;
});

kernelTest("a user string compares up to its end", async () => {
  const name = (bytes: number): Bytes => ({ op: "string", address: context(24), space: "user", bytes });
  const cases = [
    ["/nonexistent\0", 1n],
    ["/nonexistent", 2n],
    ["/nonexist\0", 0n],
  ] as const;
  for (const [right, expected] of cases) {
    const wanted: Scalar = { op: "bytes-equal", left: name(4096), right: Buffer.from(right) };
    const steps = [
      filter(both(equal(context(8), constant(OPENAT)), both(thisProcess(process.pid), wanted))),
      { do: "matched" } as const,
    ];
    const programs = [program([tracepoint("raw_syscalls", "sys_enter")], steps)];
    const { health } = await runRule(rule({ programs }), () => {
      for (const path of ["/nonexistent", "/nonexistent-too"]) assert.throws(() => openSync(path, "r"));
    });
    assert.equal(health.matched, expected, right);
  }
});

/** Only where the kernel gives the task with its type may it be read directly. */
const typedTask = kernel.has("current_task_btf") ? ([["directly", "direct", kernel]] as const) : [];

/**
 * `sched:sched_process_fork` as raw tracepoint has (task_struct *parent, task_struct *child); here:
 * task fields of the caller.
 */
for (const [name, how, host] of [
  ...typedTask,
  ["by probe reads", "kernel", kernel],
  ["by probe reads from an untyped task", "kernel", kernelWithout("current_task_btf", "task_storage")],
] as const) {
  kernelTest(`pointers are followed ${name}`, async () => {
    const parent = load(helper("task"), offsetOf("task_struct", "real_parent"), 8, how);
    const parentPid = load(parent, offsetOf("task_struct", "tgid"), 4, how, true);
    const steps: Step[] = [
      filter(both(equal(context(8), constant(GETPPID)), thisProcess(process.pid))),
      { do: "matched" },
      { do: "aggregate", key: [{ span, scalar: parentPid }], updates: [{ aggregate: 0 }], span },
    ];
    const programs = [program([rawTracepoint("sys_enter")], steps)];
    const given = rule({ key: [column("ppid", integer(32, true))], aggregates: [aggregate("n", "count")], programs });
    const { rows, health } = await runRule(given, () => callGetppid(10), host);
    assert.deepEqual(
      rows.map((row) => [Buffer.from(row.key).readInt32LE(), row.values]),
      [[process.ppid, [[10n]]]],
    );
    assert.equal(health.faulted, 0n);
  });
}

kernelTest("a typed argument can be null or a number; a field through null is 0", async () => {
  const registers = context(0);
  const [member, bytes] = process.arch === "x64" ? (["orig_ax", 8] as const) : (["syscallno", 4] as const);
  const number = load(registers, offsetOf("pt_regs", member), bytes, "direct");
  const behind = load(binary(registers, "+", constant(offsetOf("pt_regs", member))), 0, bytes, "kernel");
  const steps: Step[] = [
    filter(both(equal(context(8), constant(GETPPID)), thisProcess(process.pid))),
    {
      do: "aggregate",
      key: [],
      updates: [
        { aggregate: 0, value: number },
        { aggregate: 1, value: behind },
      ],
      span,
    },
  ];
  const programs = [program([rawTracepoint("sys_enter")], steps)];
  const aggregates = [aggregate("number", "sum"), aggregate("behind", "sum")];
  const { unkeyed } = await runRule(rule({ aggregates, programs }), () => callGetppid(10));
  assert.deepEqual(unkeyed, [[BigInt(10 * GETPPID)], [BigInt(10 * GETPPID)]]);
});

kernelTest("a faulting read is 0 and counted", async () => {
  const steps: Step[] = [
    filter(both(equal(context(8), constant(GETPPID)), thisProcess(process.pid))),
    filter(equal(load(constant(8), 0, 8, "kernel"), constant(0))),
    { do: "matched" },
  ];
  const programs = [program([tracepoint("raw_syscalls", "sys_enter")], steps)];
  const { health } = await runRule(rule({ programs }), () => callGetppid(10));
  assert.deepEqual([health.matched, health.faulted], [10n, 10n]);
});

kernelTest("a uprobe reads its arguments", async () => {
  const libc = kernel.elf("libc.so.6");
  assert.ok(typeof libc !== "string", "libc must be there");
  const symbol = libc.symbol("getppid");
  assert.ok(symbol);
  const attach = [
    {
      kind: "uprobe",
      target: libc.path,
      path: libc.path,
      symbol: "getppid",
      offset: 0,
      fileOffset: symbol.fileOffset,
      returns: true,
    } as const,
  ];
  const returned = context(process.arch === "x64" ? offsetOf("pt_regs", "ax") : 0);
  const steps: Step[] = [
    filter(thisProcess(process.pid)),
    { do: "matched" },
    { do: "aggregate", key: [], updates: [{ aggregate: 0, value: returned }], span },
  ];
  const given = rule({ aggregates: [aggregate("ppid", "max")], programs: [program(attach, steps)] });
  const { unkeyed, health } = await runRule(given, () => callGetppid(5));
  assert.equal(health.matched, 5n);
  assert.deepEqual(unkeyed, [[BigInt(process.ppid), 1n]]);
});

kernelTest("a long key is built outside of the stack", async () => {
  const name: Bytes = { op: "string", address: context(24), space: "user", bytes: 256 };
  // together as long as keys may be, KEY_BYTES
  const key = [column("a", text(256)), column("id", integer(32)), column("b", text(248))];
  const values: readonly Value[] = [
    { span, bytes: name },
    { span, scalar: context(8) },
    { span, bytes: { ...name, bytes: 248 } },
  ];
  for (const host of [kernel, kernelWithout("atomic_fetch")]) {
    const steps: Step[] = [
      filter(both(equal(context(8), constant(OPENAT)), thisProcess(process.pid))),
      { do: "aggregate", key: values, updates: [{ aggregate: 0 }], span },
    ];
    const programs = [program([tracepoint("raw_syscalls", "sys_enter")], steps)];
    const { rows, health } = await runRule(
      rule({ key, aggregates: [aggregate("n", "count")], programs }),
      () => {
        for (const path of ["/nonexistent", "/nonexistent-too", "/nonexistent"])
          assert.throws(() => openSync(path, "r"));
      },
      host,
    );
    const expected = ["/nonexistent", "/nonexistent-too"].map((path) => {
      const bytes = Buffer.alloc(512);
      bytes.write(path, 0);
      bytes.writeUInt32LE(OPENAT, 256);
      bytes.write(path, 264);
      return bytes.toString("hex");
    });
    // what the process opens besides is not of the test
    const own = rows.filter((row) => Buffer.from(row.key).toString("latin1").startsWith("/nonexistent"));
    assert.deepEqual(own.map((row) => Buffer.from(row.key).toString("hex")).toSorted(), expected.toSorted());
    assert.deepEqual(new Set(own.map((row) => row.values[0]?.[0])), new Set([1n, 2n]));
    assert.equal(health.lost_scratch, 0n);
  }
});

kernelTest("the number of a 32-bit call becomes that of the call of its name", async () => {
  const table = sharedNumbers(kernel.architecture);
  const isCall = equal(context(8), constant(GETPPID));
  const compat = (number: number, test: Scalar): Scalar => ({
    op: "call-number",
    operand: binary(binary(context(8), "-", constant(GETPPID)), "+", constant(number)),
    test,
  });
  const numbers = [0, 5, 64, 195, table.length - 1, table.length, 300_000, 0xffffffff];
  const key = [...numbers, 5].map((_, index) => column(`n${String(index)}`, integer(32)));
  const scalars = [...numbers.map((number) => compat(number, isCall)), compat(5, constant(0))];
  const { rows } = await runRule(
    counting(
      key,
      scalars.map((scalar) => ({ span, scalar })),
    ),
    () => callGetppid(3),
  );
  const bytes = Buffer.from(rows[0]?.key ?? []);
  const found = key.map((_, index) => bytes.readUInt32LE(4 * index));
  assert.deepEqual(found, [...numbers.map((number) => table[number] ?? number), 5]);
  assert.deepEqual(process.arch === "x64" ? [found[1], found[2]] : [], process.arch === "x64" ? [2, 110] : []);
});
