import assert from "node:assert/strict";
import type { Aggregate, CheckedProgram, Step } from "../../../bpf/check/checked-program.ts";
import type { Scalar, Value } from "../../../bpf/check/typed-expression.ts";
import {
  aggregate,
  both,
  binary,
  column,
  constant,
  context,
  equal,
  filter,
  integer,
  lineSpan,
  RULE_SPAN,
  rule,
  thisProcess,
} from "../../bpf/compile/scalars.ts";
import { kernelTest } from "../privilege.ts";
import { callGetppid, GETPPID, kernel, kernelWithout, tracepoint } from "./host.ts";
import { runRule } from "./run-rule.ts";

const CALLS = 1000;
const syscall = context(8, 8, true);
function counting(
  aggregates: readonly Aggregate[],
  values: readonly (Scalar | undefined)[],
  more: Partial<CheckedProgram> = {},
  number = GETPPID,
  key: readonly Value[] = (more.key ?? []).map(() => ({ span: RULE_SPAN, scalar: syscall })),
): CheckedProgram {
  const ours = both(equal(syscall, constant(number)), thisProcess(process.pid));
  const updates = values.map((value, index) =>
    value === undefined ? { aggregate: index } : { aggregate: index, value },
  );
  const steps: Step[] = [
    filter(ours),
    { do: "matched" },
    { do: "aggregate", key, updates, span: lineSpan("aggregate") },
  ];
  const attach = [tracepoint("raw_syscalls", "sys_enter")];
  return rule({ aggregates, programs: [{ name: "enter", attach, steps, span: RULE_SPAN }], ...more });
}

kernelTest("count without a key counts every event once", async () => {
  const { unkeyed, health } = await runRule(counting([aggregate("n", "count")], [undefined]), () => callGetppid(CALLS));
  assert.deepEqual(unkeyed, [[BigInt(CALLS)]]);
  assert.equal(health.matched, BigInt(CALLS));
  assert.equal(health.faulted, 0n);
});

kernelTest("count with a key", async () => {
  const program = counting([aggregate("n", "count")], [undefined], { key: [column("id", integer(64))] });
  const { rows, unkeyed } = await runRule(program, () => callGetppid(CALLS));
  assert.deepEqual(
    rows.map(({ key, values }) => [Buffer.from(key).readBigInt64LE(), values]),
    [[BigInt(GETPPID), [[BigInt(CALLS)]]]],
  );
  assert.deepEqual(unkeyed, [[0n]]);
});

const UMASK = process.arch === "x64" ? 95 : 166;
const MASKS = [0o22, 0o7, 0o77, 0o2, 0o22];
const mask = binary(context(16), "-", constant(0o20), true);

function changeUmask(): void {
  const before = process.umask();
  for (const each of MASKS) process.umask(each);
  process.umask(before);
}

for (const [name, host] of [
  ["with atomics", kernel],
  ["without atomics", kernelWithout("atomic_fetch")],
] as const) {
  kernelTest(`sum, avg, min and max of signed and unsigned values, ${name}`, async () => {
    const aggregates = [
      aggregate("total", "sum", true),
      aggregate("mean", "avg", true),
      aggregate("least", "min", true),
      aggregate("greatest", "max", true),
      aggregate("least_unsigned", "min"),
      aggregate("greatest_unsigned", "max"),
    ];
    const values = aggregates.map(() => mask);
    // reading the mask sets it to 0 and back
    const before = process.umask();
    const expected = [0, before, ...MASKS, before].map((each) => BigInt(each) - 0o20n);
    const unsigned = expected.map((each) => BigInt.asUintN(64, each));
    const total = expected.reduce((sum, each) => sum + each, 0n);
    const program = counting(aggregates, values, {}, UMASK);
    const { unkeyed } = await runRule(program, changeUmask, host);
    assert.deepEqual(unkeyed, [
      [total],
      [total, BigInt(expected.length)],
      [expected.reduce((a, b) => (a < b ? a : b)), 1n],
      [expected.reduce((a, b) => (a > b ? a : b)), 1n],
      [unsigned.reduce((a, b) => (a < b ? a : b)), 1n],
      [unsigned.reduce((a, b) => (a > b ? a : b)), 1n],
    ]);
  });
}

kernelTest("with a full hash, events are counted under the key `other` and as lost", async () => {
  const key = [column("mask", integer(32))];
  const keys = [{ span: RULE_SPAN, scalar: context(16) }];
  const program = counting([aggregate("n", "count")], [undefined], { key, keyLimit: 2 }, UMASK, keys);
  const { rows, unkeyed, health } = await runRule(program, () => {
    for (let value = 0; value < 10; value++) process.umask(value);
    process.umask(0o22);
  });
  const counted = rows.reduce((sum, row) => sum + (row.values[0]?.[0] ?? 0n), 0n);
  assert.equal(rows.length, 2);
  assert.deepEqual(unkeyed, [[health.lost_keys]]);
  assert.equal(counted + health.lost_keys, 11n);
});
