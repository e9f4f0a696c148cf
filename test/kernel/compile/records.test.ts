import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, openSync, closeSync, rmSync, writeFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CheckedProgram, Column } from "../../../bpf/check/checked-program.ts";
import type { Bytes, Value } from "../../../bpf/check/typed-expression.ts";
import { pathLayout } from "../../../bpf/check/builtins/path-layout.ts";
import { layOut } from "../../../bpf/compile/layout.ts";
import {
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
import { kernel, kernelWithout, offsetOf, tracepoint } from "./host.ts";
import { runRule } from "./run-rule.ts";

const OPENAT = process.arch === "x64" ? 257 : 56;
const fileName = context(24);

const bytes = (value: Bytes): Value => ({ span: lineSpan("event"), bytes: value });
const scalar = (value: Extract<Value, { scalar: unknown }>["scalar"]): Value => ({
  span: lineSpan("event"),
  scalar: value,
});
const userString = (maxBytes: number): Bytes => ({ op: "string", address: fileName, space: "user", bytes: maxBytes });

/** Records every openat(2) of this process. */
function recording(columns: readonly Column[], fields: readonly Value[], ringBytes = 1 << 20): CheckedProgram {
  const condition = both(equal(context(8), constant(OPENAT)), thisProcess(process.pid));
  const emit = { do: "emit", fields, span: lineSpan("event") } as const;
  const attach = [tracepoint("raw_syscalls", "sys_enter")];
  const programs = [
    { name: "open", attach, steps: [filter(condition), { do: "matched" } as const, emit], span: RULE_SPAN },
  ];
  return rule({ programs, record: columns, ringBytes });
}

/** The text of a string column, by the layout alone. */
function textOf(program: CheckedProgram, record: Uint8Array, name: string): string {
  const layout = layOut(program).record;
  const view = Buffer.from(record);
  let packedAt = 8 + (layout?.fixedBytes ?? 0);
  for (const { column: each, offset, bytes: room } of layout?.columns ?? []) {
    const packed = layout?.packed === true && each.type.kind === "string";
    const length = packed ? view.readUInt32LE(offset) : room;
    const at = packed ? packedAt : offset;
    if (packed) packedAt += length;
    if (each.name === name) return view.toString("utf8", at, at + length).replace(/\0+$/, "");
  }
  throw new Error(`no column ${name}`);
}

function openFile(path: string): void {
  try {
    closeSync(openSync(path, "r"));
  } catch {
    // most of them do not exist
  }
}

kernelTest("a short record is written in place, every byte of it", async () => {
  const program = recording(
    [column("flag", integer(8)), column("file", text(32)), column("id", integer(32)), column("comm", text(16))],
    [scalar(constant(7)), bytes(userString(32)), scalar(context(8)), bytes({ op: "comm", bytes: 16 })],
  );
  const names = ["/nonexistent/short", "/nonexistent/a name of more than 31 bytes"];
  const { records, health } = await runRule(program, () => names.forEach((each) => openFile(each)));
  assert.deepEqual(
    records.map((record) => textOf(program, record, "file")),
    ["/nonexistent/short", "/nonexistent/a name of more tha"],
  );
  assert.equal(health.emitted, 2n);
  const [at = 0] = (layOut(program).record?.columns ?? []).map(({ offset }) => offset);
  const columns = Buffer.from(records[0] ?? []).subarray(at);
  assert.equal(columns.readUInt8(0), 7);
  assert.deepEqual([...columns.subarray(1, 8)], [0, 0, 0, 0, 0, 0, 0]);
  assert.equal(columns.readUInt32LE(40), OPENAT);
  assert.deepEqual([...columns.subarray(8 + 18, 40)], Array(14).fill(0));
});

for (const [name, host] of [
  ["with atomics", kernel],
  ["without atomics", kernelWithout("atomic_fetch")],
] as const) {
  kernelTest(`a long record is packed, ${name}`, async () => {
    const program = recording(
      [column("file", text(4096)), column("comm", text(16)), column("again", text(300))],
      [bytes(userString(4096)), bytes({ op: "comm", bytes: 16 }), bytes(userString(300))],
    );
    const names = ["/nonexistent/short", `/nonexistent/${"x".repeat(2000)}`, `/${"y".repeat(5000)}`, "/nonexistent/é"];
    const { records, health } = await runRule(program, () => names.forEach((each) => openFile(each)), host);
    assert.deepEqual(
      records.map((record) => textOf(program, record, "file")),
      names.map((each) => each.slice(0, 4095)),
    );
    assert.deepEqual(
      records.map((record) => textOf(program, record, "again")),
      names.map((each) => each.slice(0, 299)),
    );
    assert.deepEqual([health.emitted, health.faulted, health.lost_scratch], [4n, 0n, 0n]);
  });
}

kernelTest("a string at an unmapped address is empty and a fault", async () => {
  for (const room of [32, 4096]) {
    const nowhere: Bytes = { op: "string", address: constant(16), space: "user", bytes: room };
    const program = recording([column("file", text(room))], [bytes(nowhere)]);
    const { records, health } = await runRule(program, () => openFile("/nonexistent"));
    assert.deepEqual(
      records.map((record) => textOf(program, record, "file")),
      [""],
    );
    assert.deepEqual([health.emitted, health.faulted], [1n, 1n]);
  }
});

kernelTest("records that the ring has no room for are counted", async () => {
  for (const room of [512 - 16, 2048]) {
    const program = recording([column("file", text(room))], [bytes(userString(room))], 4096);
    const { records, health } = await runRule(program, () => {
      for (let each = 0; each < 20; each++) openFile(`/nonexistent/${"x".repeat(450)}`);
    });
    assert.equal(health.matched, 20n);
    assert.equal(BigInt(records.length), health.emitted);
    assert.equal(health.emitted + health.lost_ring, 20n);
    assert.ok(health.lost_ring > 0n);
  }
});

kernelTest("a path is composed across mounts", async () => {
  const layout = pathLayout(kernel.btf);
  assert.ok(layout);
  const fs = load(helper("task"), offsetOf("task_struct", "fs"), 8, "kernel");
  const cwd = binary(fs, "+", constant(offsetOf("fs_struct", "pwd")));
  const program = recording(
    [column("cwd", text(4096)), column("file", text(256))],
    [bytes({ op: "path", from: "path", address: cwd, layout, bytes: 4096 }), bytes(userString(256))],
  );
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-path-"));
  mkdirSync(join(folder, "a", "b c"), { recursive: true });
  writeFileSync(join(folder, "a", "file"), "");
  const before = process.cwd();
  const folders = [join(folder, "a", "b c"), "/", "/proc/self", "/sys/kernel"];
  const seen: string[] = [];
  try {
    const { records, health } = await runRule(program, () => {
      for (const each of folders) {
        process.chdir(each);
        openFile("nonexistent");
        seen.push(readlinkSync("/proc/self/cwd"));
      }
    });
    const found = records
      .filter((record) => textOf(program, record, "file") === "nonexistent")
      .map((record) => textOf(program, record, "cwd"));
    assert.deepEqual(found, seen);
    assert.equal(health.faulted, 0n);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
});
