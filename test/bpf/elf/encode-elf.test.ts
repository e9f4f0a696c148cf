import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { AttachPoint, CheckedProgram, Step } from "../../../bpf/check/checked-program.ts";
import { containing } from "../../../bpf/check/pattern.ts";
import type { Bytes } from "../../../bpf/check/typed-expression.ts";
import { compileProgram } from "../../../bpf/compile/compile-program.ts";
import { encodeElf } from "../../../bpf/elf/encode-elf.ts";
import { bareKernel } from "../compile/bare-kernel.ts";
import { aggregate, column, constant, context, integer, lineSpan, RULE_SPAN, rule, text } from "../compile/scalars.ts";

const span = lineSpan("event");
const counting: Step = {
  do: "aggregate",
  key: [{ span, scalar: context(8) }],
  updates: [{ aggregate: 0 }],
  span: lineSpan("aggregate"),
};
const enter: AttachPoint = { kind: "tracepoint", category: "raw_syscalls", name: "sys_enter", id: 1 };
const exit: AttachPoint = { kind: "tracepoint", category: "raw_syscalls", name: "sys_exit", id: 2 };
const readline: AttachPoint = {
  kind: "uprobe",
  target: "/bin/bash",
  path: "/bin/bash",
  symbol: "readline",
  offset: 0,
  fileOffset: 16,
  returns: true,
};

const typed: Bytes = { op: "string", address: context(80), space: "user", bytes: 4096 };
const entryOf = (name: string): AttachPoint => ({ kind: "kprobe", function: name, offset: 0, returns: false });

/** A map of every type, a function, two programs in one section, one program at two points. */
const everything: CheckedProgram = rule({
  aggregates: [aggregate("n", "count")],
  key: [column("id", integer(64))],
  record: [column("command", text(4096))],
  spans: [{ id: 3, name: "s", keeps: [column("k-1", integer(64))], timeoutNs: 1n, restart: false, span }],
  programs: [
    { name: "count", attach: [enter, exit], steps: [{ do: "matched" }, counting], span: RULE_SPAN },
    {
      name: "open-it",
      attach: [enter],
      steps: [{ do: "span-open", state: 3, match: [], keeps: [{ scalar: constant(1), span }], span }],
      span: RULE_SPAN,
    },
    {
      name: "record",
      attach: [readline],
      steps: [
        { do: "filter", condition: { op: "text-matches", text: typed, pattern: containing("needle") }, span },
        {
          do: "emit",
          fields: [{ span, bytes: typed }],
          span,
        },
      ],
      span: RULE_SPAN,
    },
    { name: "many", attach: [entryOf("vfs_read"), entryOf("vfs_write")], steps: [{ do: "matched" }], span: RULE_SPAN },
  ],
});

const file = encodeElf(compileProgram(everything, bareKernel()));

/** Returns the output of a tool for the file, or undefined if the tool is not installed. */
function printed(command: string, ...args: readonly string[]): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-elf-"));
  const path = join(folder, "rule.o");
  try {
    writeFileSync(path, file);
    const result = spawnSync(command, [...args, path], {
      encoding: "utf8",
      env: { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` },
    });
    if (result.error !== undefined) return undefined;
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

void test("llvm-objdump reads the programs", (context) => {
  const text = printed("llvm-objdump", "-d");
  if (text === undefined) return context.skip("llvm-objdump is not installed");
  for (const section of [
    "tracepoint/raw_syscalls/sys_enter",
    "tracepoint/raw_syscalls/sys_exit",
    "uretprobe//bin/bash:readline",
    "kprobe.multi/vfs_read",
    "kprobe.multi/vfs_write",
    ".text",
  ]) {
    assert.ok(text.includes(`Disassembly of section ${section}:`), section);
  }
  for (const symbol of ["count", "count__1", "open_it", "record", "many", "many__1", "matches"])
    assert.ok(text.includes(`<${symbol}>:`), symbol);
});

void test("bpftool reads the types", (context) => {
  const text = printed("bpftool", "btf", "dump", "file");
  if (text === undefined) return context.skip("bpftool is not installed");
  assert.match(text, /DATASEC '\.maps' size=\d+ vlen=8/);
  assert.match(text, /STRUCT 'span_3' size=16 vlen=2/);
  assert.match(text, /'k_1' type_id=\d+ bits_offset=64/);
  assert.match(text, /DATASEC '\.bss' size=16 vlen=1/);
  assert.match(text, /DATASEC '\.rodata' size=4096 vlen=1/);
});

void test("libbpf opens the object: bpftool makes a skeleton of it", (context) => {
  const text = printed("bpftool", "gen", "skeleton");
  if (text === undefined) return context.skip("bpftool is not installed");
  for (const map of ["state", "keys_0", "keys_1", "span_3", "events", "scratch", "bss", "rodata"]) {
    assert.ok(text.includes(`struct bpf_map *${map};`), map);
  }
  for (const program of ["count", "count__1", "open_it", "record"]) {
    assert.ok(text.includes(`struct bpf_program *${program};`), program);
  }
});

void test("the same rule gives the same file", () => {
  assert.deepEqual(encodeElf(compileProgram(everything, bareKernel())), file);
});
