import assert from "node:assert/strict";
import { openSync } from "node:fs";
import type { CheckedProgram, ProbeProgram, SpanState, Step } from "../../../bpf/check/checked-program.ts";
import {
  aggregate,
  both,
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
  variable,
} from "../../bpf/compile/scalars.ts";
import { kernelTest } from "../privilege.ts";
import { kernel, kernelWithout, tracepoint } from "./host.ts";
import { runRule } from "./run-rule.ts";

const UMASK = process.arch === "x64" ? 95 : 166;
const GETPPID = process.arch === "x64" ? 110 : 173;
const OPENAT = process.arch === "x64" ? 257 : 56;
const SECOND = 1_000_000_000n;
const span = lineSpan("probe");

const state = (more: Partial<SpanState> = {}): SpanState => ({
  id: 3,
  name: "span",
  keeps: [column("mask", integer(32))],
  timeoutNs: 10n * SECOND,
  restart: false,
  span,
  ...more,
});

const only = (number: number): Step => filter(both(equal(context(8), constant(number)), thisProcess(process.pid)));
const program = (name: string, steps: readonly Step[]): ProbeProgram => ({
  name,
  attach: [tracepoint("raw_syscalls", name)],
  steps,
  span: RULE_SPAN,
});

const opening: Step = { do: "span-open", state: 3, match: [], keeps: [{ scalar: context(16), span }], span };
const closing: Step = { do: "span-close", state: 3, match: [], elapsed: 0, keeps: [1], span };

/** From umask's call, which keeps its argument, to `end`'s return. */
const timing = (end: number, more: Partial<SpanState> = {}): CheckedProgram =>
  rule({
    spans: [state(more)],
    aggregates: [
      aggregate("n", "count"),
      aggregate("kept", "sum"),
      aggregate("shortest", "min"),
      aggregate("longest", "max"),
    ],
    programs: [
      program("sys_enter", [only(UMASK), opening]),
      program("sys_exit", [
        only(end),
        closing,
        { do: "matched" },
        {
          do: "aggregate",
          key: [],
          updates: [
            { aggregate: 0 },
            { aggregate: 1, value: variable(1) },
            { aggregate: 2, value: variable(0) },
            { aggregate: 3, value: variable(0) },
          ],
          span: lineSpan("aggregate"),
        },
      ]),
    ],
  });

const numbers = (slots: readonly (readonly bigint[] | undefined)[]): readonly (bigint | undefined)[] =>
  slots.map((each) => each?.[0]);

for (const [name, host] of [
  ["in task storage", kernel],
  ["in a hash", kernelWithout("task_storage")],
] as const) {
  kernelTest(`a span ends with the values that its start kept, ${name}`, async () => {
    const { unkeyed, health } = await runRule(
      timing(UMASK),
      () => {
        process.umask(0o11);
        process.umask(0o22);
      },
      host,
    );
    const [count, kept, shortest = 0n, longest = 0n] = numbers(unkeyed);
    assert.deepEqual([count, kept, health.orphaned], [2n, BigInt(0o11 + 0o22), 0n]);
    assert.ok(shortest > 0n && shortest <= longest && longest < SECOND);
  });

  kernelTest(`an end without a start ends the run, a second start keeps the first, ${name}`, async () => {
    const { unkeyed, health } = await runRule(
      timing(GETPPID),
      () => {
        void process.ppid;
        process.umask(0o11);
        process.umask(0o22);
        void process.ppid;
        void process.ppid;
      },
      host,
    );
    assert.deepEqual(numbers(unkeyed).slice(0, 2), [1n, BigInt(0o11)]);
    assert.deepEqual([health.matched, health.orphaned], [1n, 0n]);
  });

  kernelTest(`a second start replaces an open one and counts it, ${name}`, async () => {
    const { unkeyed, health } = await runRule(
      timing(GETPPID, { restart: true }),
      () => {
        process.umask(0o11);
        process.umask(0o22);
        void process.ppid;
      },
      host,
    );
    assert.deepEqual(numbers(unkeyed).slice(0, 2), [1n, BigInt(0o22)]);
    assert.equal(health.orphaned, 1n);
  });

  kernelTest(`a start that is too old is orphaned, ${name}`, async () => {
    const { unkeyed, health } = await runRule(
      timing(GETPPID, { timeoutNs: 1n }),
      () => {
        process.umask(0o11);
        process.umask(0o22);
        void process.ppid;
      },
      host,
    );
    assert.deepEqual(numbers(unkeyed).slice(0, 1), [0n]);
    assert.equal(health.orphaned, 2n);
  });
}

kernelTest("`during` counts events of the thread inside the span", async () => {
  const inside: Step = { do: "inside", state: 3, match: [], elapsed: 0, keeps: [1], span };
  const counting: Step = {
    do: "aggregate",
    key: [],
    updates: [{ aggregate: 0, value: variable(1) }],
    span: lineSpan("aggregate"),
  };
  const given = rule({
    spans: [state()],
    aggregates: [aggregate("kept", "sum")],
    programs: [
      program("sys_enter", [only(UMASK), opening]),
      program("sys_enter", [only(OPENAT), closing]),
      program("sys_enter", [only(GETPPID), inside, { do: "matched" }, counting]),
    ],
  });
  const { unkeyed, health } = await runRule(given, () => {
    void process.ppid;
    process.umask(0o22);
    void process.ppid;
    void process.ppid;
    assert.throws(() => openSync("/nonexistent", "r"));
    void process.ppid;
  });
  assert.deepEqual([unkeyed, health.matched], [[[BigInt(2 * 0o22)]], 2n]);
});
