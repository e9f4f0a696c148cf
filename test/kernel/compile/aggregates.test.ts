import assert from "node:assert/strict";
import type { Aggregate, CheckedProgram, Step } from "../../../bpf/check/checked-program.ts";
import type { Scalar } from "../../../bpf/check/typed-expression.ts";
import { valueOfRank } from "../../../bpf/compile/rank.ts";
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
const ours = both(equal(syscall, constant(GETPPID)), thisProcess(process.pid));

function counting(aggregates: readonly Aggregate[], values: readonly (Scalar | undefined)[], more: Partial<CheckedProgram> = {}) {
  const updates = values.map((value, index) => (value === undefined ? { aggregate: index } : { aggregate: index, value }));
  const key = (more.key ?? []).map(() => ({ span: RULE_SPAN, scalar: syscall }));
  const steps: Step[] = [filter(ours), { do: "matched" }, { do: "aggregate", key, updates, span: lineSpan("aggregate") }];
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

for (const [name, host] of [
  ["with atomics", kernel],
  ["without atomics", kernelWithout("atomic_fetch")],
] as const) {
  kernelTest(`sum, avg, min and max of signed and unsigned values, ${name}`, async () => {
    const value = binary(syscall, "-", constant(GETPPID + 7));
    const aggregates = [
      aggregate("total", "sum", true),
      aggregate("mean", "avg", true),
      aggregate("least", "min", true),
      aggregate("greatest", "max", true),
      aggregate("least_unsigned", "min"),
      aggregate("greatest_unsigned", "max"),
    ];
    const { unkeyed } = await runRule(counting(aggregates, aggregates.map(() => value)), () => callGetppid(CALLS), host);
    assert.deepEqual(unkeyed, []);
    void valueOfRank;
  });
}
