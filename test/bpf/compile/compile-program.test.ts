import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttachPoint, CheckedProgram, Step } from "../../../bpf/check/checked-program.ts";
import { compileProgram, compileStages } from "../../../bpf/compile/compile-program.ts";
import { disassemble, printIr } from "../../../bpf/compile/disassemble.ts";
import { layOut } from "../../../bpf/compile/layout.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { bareKernel } from "./bare-kernel.ts";
import {
  aggregate,
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
  text,
} from "./scalars.ts";

const enter: AttachPoint = {
  ...{ kind: "uprobe", target: "/bin/x", path: "/bin/x", symbol: "f", offset: 0, fileOffset: 1, returns: false },
};
const raw = (name: string): AttachPoint => ({ kind: "rawtracepoint", name, btfId: 7 });
const counting: Step = { do: "aggregate", key: [], updates: [{ aggregate: 0 }], span: lineSpan("aggregate") };

const withSteps = (...steps: readonly Step[]): CheckedProgram =>
  rule({
    aggregates: [aggregate("n", "count")],
    programs: [{ name: "enter", attach: [enter], steps, span: RULE_SPAN }],
  });

void test("prints assembly with the rule's lines between", () => {
  const program = withSteps(filter(equal(context(8), constant(110))), { do: "matched" }, counting);
  assert.equal(
    disassemble(compileStages(program, bareKernel())),
    `enter:  # kprobe
; /rules/test.yaml:3: filter: a == 1
    0   r0 = *(u64 *)(r1 +8)
    1   if r0 != 110 goto end_0
; /rules/test.yaml:5: aggregate: count()
    2   r0 = value of map control + 0                # generation
    4   r0 = *(u32 *)(r0 +0)
    5   *(u32 *)(r10 -8) = r0                        # health and slots of this generation
    6   r1 = map state
    8   r2 = r10
    9   r2 += -8
   10   call bpf_map_lookup_elem#1
   11   r1 = r0
   12   if r1 == 0 goto end_0
   13   r0 = 1                                       # count n
   14   lock *(u64 *)(r1 +112) += r0
; /rules/test.yaml:1: rule: test
      end_0:
   15   r0 = 0
   16   exit
`,
  );
});

void test("prints intermediate code over virtual registers", () => {
  const printed = printIr(compileStages(withSteps(filter(equal(context(8), constant(110))), counting), bareKernel()));
  assert.match(printed, /v1 = \*\(u64 \*\)\(v0 \+8\)\n/);
});

void test("a constant filter leaves nothing that the verifier calls unreachable", () => {
  const never = withSteps(filter(binary(constant(1), "==", constant(2))), { do: "matched" }, counting);
  assert.equal(compileProgram(never, bareKernel()).programs[0]?.instructions.length, 16);
  const always = withSteps(filter(binary(constant(1), "<", constant(2))), { do: "matched" }, counting);
  const plain = withSteps({ do: "matched" }, counting);
  assert.deepEqual(
    compileProgram(always, bareKernel()).programs[0]?.instructions,
    compileProgram(plain, bareKernel()).programs[0]?.instructions,
  );
});

void test("a raw tracepoint's program is loaded once for each point, a function's once for all", () => {
  const at = (...attach: readonly AttachPoint[]) =>
    compileProgram(rule({ programs: [{ name: "p", attach, steps: [], span: RULE_SPAN }] }), bareKernel()).programs;
  assert.deepEqual(
    at(enter, enter).map(({ name, type, attach }) => [name, type, attach.length]),
    [["p", "kprobe", 2]],
  );
  assert.deepEqual(
    at(raw("a"), raw("b")).map(({ name, type, expectedAttachType, attachBtfId }) => [
      name,
      type,
      expectedAttachType,
      attachBtfId,
    ]),
    [
      ["p_0", "tracing", 23, 7],
      ["p_1", "tracing", 23, 7],
    ],
  );
});

void test("keys take no hidden padding and records every byte", () => {
  const columns = [column("a", integer(8)), column("s", text(5)), column("b", integer(32)), column("c", integer(64))];
  const { key, record } = layOut(rule({ key: columns, record: columns }));
  assert.deepEqual(
    key?.columns.map(({ offset, bytes }) => [offset, bytes]),
    [
      [0, 4],
      [8, 8],
      [16, 4],
      [24, 8],
    ],
  );
  assert.equal(key?.bytes, 32);
  assert.deepEqual([record?.packed, record?.fixedBytes, record?.maxBytes], [false, 40 - 8, 40]);
});

void test("long strings and buffers make a record packed", () => {
  const long = layOut(rule({ record: [column("a", text(4096)), column("b", integer(32))] })).record;
  assert.deepEqual([long?.packed, long?.fixedBytes, long?.maxBytes], [true, 8, 16 + 4096]);
  assert.equal(layOut(rule({ record: [column("a", text(64, "bytes"))] })).record?.packed, true);
});

void test("the maps of a rule and their memory", () => {
  const program = { ...withSteps({ do: "matched" }, counting), record: [column("a", text(4096))], ringBytes: 5000 };
  const { maps, memoryBytes } = compileProgram(program, bareKernel());
  assert.deepEqual(
    maps.map(({ name, type, keyBytes, valueBytes, maxEntries, flags }) => [
      name,
      type,
      keyBytes,
      valueBytes,
      maxEntries,
      flags,
    ]),
    [
      ["control", "array", 4, 16, 1, 1024],
      ["state", "percpu_array", 4, 120, 2, 0],
      ["events", "ring_buffer", 0, 0, 8192, 0],
      ["scratch", "percpu_array", 4, 16 + 16 + 4096 + 4096, 4, 0],
    ],
  );
  assert.ok(memoryBytes > 8192 + 2 * 4 * 8224 && memoryBytes < 100_000);
});

/** A program that opens a span of its thread. */
function openingSpan(): CheckedProgram {
  const state = {
    id: 3,
    name: "s",
    keeps: [],
    timeoutNs: 1n,
    restart: false,
    span: RULE_SPAN,
  } as const;
  const opening: Step = { do: "span-open", state: 3, match: [], keeps: [], span: lineSpan("probe") };
  return { ...withSteps(opening), spans: [state] };
}

void test("without task storage a span's slots are those of the threads that used it last, not of the first", () => {
  const typeOf = (kernel: Kernel) =>
    compileProgram(openingSpan(), kernel).maps.find(({ name }) => name === "span_3")?.type;
  assert.equal(typeOf(bareKernel("task_storage")), "lru_hash");
  assert.equal(typeOf(bareKernel()), "task_storage");
});

void test("without task storage, idle threads (all with id 0) are distinguished by their CPU", () => {
  const asksForCpu = (kernel: Kernel) =>
    compileStages(openingSpan(), kernel).some(({ ir }) =>
      ir.some(({ instruction }) => instruction.kind === "call" && instruction.helper === "get_smp_processor_id"),
    );
  assert.equal(asksForCpu(bareKernel("task_storage")), true);
  assert.equal(asksForCpu(bareKernel()), false);
});

void test("a program that the kernel leaves out while others run counts its runs before its filters", () => {
  const point: AttachPoint = { kind: "tracepoint", category: "irq", name: "softirq_entry", id: 1 };
  const steps = [{ do: "filter", condition: equal(context(8), constant(110n)), span: RULE_SPAN }] as const;
  const programs = [{ name: "p", attach: [point], steps, span: RULE_SPAN }];
  const [stages] = compileStages(rule({ programs }), bareKernel());
  const comments = stages?.ir.flatMap(({ comment }) => comment ?? []) ?? [];
  assert.ok(comments.includes("runs += 1"), comments.join());
});
