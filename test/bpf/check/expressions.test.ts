import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column } from "../../../bpf/check/checked-program.ts";
import type { Scalar, Value } from "../../../bpf/check/typed-expression.ts";
import { fixtureKernel, onlyRecords } from "../kernel-fixture.ts";
import { check, checked, onlyProgram, stepsOf, withoutSpans } from "./rule.ts";

const kernel = onlyRecords(fixtureKernel());
const RETRANSMIT = "tracepoint:tcp:tcp_retransmit_skb";
const FSYNC = "tracepoint:syscalls:sys_enter_fsync";
const PAGES = "tracepoint:filemap:mm_filemap_add_to_page_cache";
const EXIT = "tracepoint:syscalls:sys_exit_fsync";
const READLINE = "uretprobe:/bin/bash:readline";

/** An expression as the only field of an event. */
function field(probe: string, text: string): { column: Column; value: Value; variables: readonly Scalar[] } {
  const program = checked({ signals: { value: { probe } }, event: { x: text } }, kernel);
  const one = onlyProgram(program);
  const value = stepsOf(one, "emit")[0]?.fields[0];
  const column = program.record?.[0];
  assert.ok(value !== undefined && column !== undefined);
  return { column, value, variables: stepsOf(one, "bind").map((step) => step.value) };
}

function scalar(probe: string, text: string): Scalar {
  const { value } = field(probe, text);
  assert.ok("scalar" in value, `${text} is no scalar`);
  return value.scalar;
}

function typeOf(probe: string, text: string): string {
  const { type } = field(probe, text).column;
  return type.kind === "integer" ? `${type.signed ? "s" : "u"}${type.bits} ${type.meaning.kind}` : type.kind;
}

function filterOf(probe: string, filter: string): readonly unknown[] {
  const program = checked({ signals: { value: { probe, filter, aggregate: "count()" } } }, kernel);
  return stepsOf(onlyProgram(program), "filter").map(({ condition }) => withoutSpans(condition));
}

/** Codes and messages of what is wrong with an expression as a filter. */
function faults(probe: string, filter: string): readonly string[] {
  const { diagnostics } = check({ signals: { value: { probe, filter, aggregate: "count()" } } }, kernel);
  return diagnostics.map(({ code }) => code);
}

test("literals of every kind fold", () => {
  assert.deepEqual(scalar(FSYNC, "1 + 2 * 3"), { op: "constant", value: 7n });
  assert.deepEqual(scalar(FSYNC, "4KiB / 3"), { op: "constant", value: 1365n });
  assert.equal(typeOf(FSYNC, "4KiB * 2"), "s64 bytes");
  assert.equal(typeOf(FSYNC, "250ms * 2"), "s64 duration");
  assert.deepEqual(scalar(FSYNC, "O_CREAT | O_TRUNC"), { op: "constant", value: 0o1100n });
  assert.deepEqual(scalar(FSYNC, "-ECONNREFUSED"), { op: "constant", value: -111n });
  assert.deepEqual(scalar(FSYNC, "TCP_LISTEN"), { op: "constant", value: 10n });
});

test("flags of open(2) are those of the architecture", () => {
  const arm = fixtureKernel({ architecture: "aarch64" });
  const rule = { signals: { value: { probe: FSYNC } }, event: { x: "O_DIRECTORY" } };
  const [emit] = stepsOf(onlyProgram(checked(rule, arm)), "emit");
  assert.deepEqual(withoutSpans(emit?.fields), [{ scalar: { op: "constant", value: 0o40000n } }]);
});

test("system call arguments are loaded by their C type, not by the width of their slot", () => {
  assert.deepEqual(scalar(FSYNC, "args.fd"), { op: "context", offset: 16, bytes: 4, signed: false });
  assert.deepEqual(scalar(EXIT, "args.ret"), { op: "context", offset: 16, bytes: 8, signed: true });
});

test("addresses have one type, v4 mapped; an unaligned field is read through its address", () => {
  assert.deepEqual(withoutSpans(field(RETRANSMIT, "args.saddr_v6").value), {
    bytes: { op: "context-bytes", offset: 42, bytes: 16 },
  });
  const v4 = field(RETRANSMIT, "args.saddr");
  const askew = {
    op: "load",
    base: { op: "context-address", offset: 34 },
    offset: 0,
    bytes: 4,
    signed: false,
    how: "kernel",
  };
  assert.deepEqual(withoutSpans(v4.value), { bytes: { op: "mapped-v4", value: askew, bytes: 16 } });
  assert.equal(v4.column.type.kind, "address");
});

test("names of values belong to their type", () => {
  const { type } = field(RETRANSMIT, "args.state").column;
  assert.ok(type.kind === "integer" && type.meaning.kind === "names");
  assert.equal(type.meaning.names.get(1n), "TCP_ESTABLISHED");
});

test("pointers are followed by BTF, through casts and arrays that decay", () => {
  const segments = 'cast(cast(args.skbaddr, "sk_buff").cb, "struct tcp_skb_cb").tcp_gso_segs';
  const load = scalar(RETRANSMIT, segments);
  assert.ok(load.op === "load" && load.how === "kernel" && load.bytes === 2 && !load.signed);
  assert.ok(load.base.op === "binary" && load.base.operator === "+");
  const pointer = { op: "context", offset: 8, bytes: 8, signed: false };
  assert.deepEqual(load.base.left, { op: "number", operand: pointer });
});

test("the task is read by plain loads if the kernel lets programs, else by helper", () => {
  const how = (has: boolean): unknown => {
    const rule = { signals: { value: { probe: FSYNC } }, event: { x: "ppid" } };
    const fields = stepsOf(onlyProgram(checked(rule, fixtureKernel({ has: () => has }))), "emit")[0]?.fields[0];
    return fields !== undefined && "scalar" in fields && fields.scalar.op === "load" && fields.scalar.how;
  };
  assert.deepEqual([how(true), how(false)], ["direct", "kernel"]);
});

test("types of at most 32 bits and literals take the other side's sign; unsigned 64 against signed is an error", () => {
  assert.deepEqual(faults(PAGES, "args.index > args.order"), []);
  assert.deepEqual(faults(PAGES, "args.index > 5"), []);
  assert.deepEqual(faults(RETRANSMIT, "args.sport > args.err"), []);
  assert.deepEqual(faults(PAGES, "args.index > -1"), ["sign-mismatch"]);
  assert.deepEqual(faults(PAGES, 'cast(args.index, "s64") > -1'), []);
  assert.deepEqual(faults(PAGES, "args.index > args.order - 10"), ["sign-mismatch"]);
  assert.equal(typeOf(PAGES, "args.index + 1"), "u64 plain");
  assert.equal(typeOf(PAGES, "1 << args.order"), "s64 plain");
  assert.equal(typeOf(PAGES, "args.order - args.order"), "s64 plain");
  assert.equal(typeOf(PAGES, "args.index & ~O_CREAT"), "u64 plain");
  assert.equal(typeOf(PAGES, "args.index & 0xff"), "u8 plain");
});

test("durations combine only with durations", () => {
  const span = (filter: string): readonly string[] => {
    const probe = { from: FSYNC, to: EXIT };
    const { diagnostics } = check({ signals: { value: { probe, filter, aggregate: "count()" } } }, kernel);
    return diagnostics.map(({ code }) => code);
  };
  assert.deepEqual(span("elapsed > 250ms"), []);
  assert.deepEqual(span("elapsed * 2 / 3 + 1us > 250ms"), []);
  assert.deepEqual(span("elapsed / 1ms > 250"), []);
  assert.deepEqual(span("elapsed > 250"), ["duration-mismatch"]);
  assert.deepEqual(span("elapsed + 1 > 1s"), ["duration-mismatch"]);
  assert.deepEqual(span("elapsed > 90%"), ["user-space-only"]);
});

test("strings compare with literals, one byte more than these have", () => {
  const [equal] = filterOf(FSYNC, 'comm == "bash"');
  assert.deepEqual(equal, {
    op: "bytes-equal",
    left: { op: "comm", bytes: 16 },
    right: new TextEncoder().encode("bash\0"),
  });
  const open = "tracepoint:syscalls:sys_enter_openat";
  const address = { op: "context", offset: 24, bytes: 8, signed: false };
  assert.deepEqual(filterOf(open, 'str(args.filename) != "/a"'), [
    {
      op: "not",
      operand: {
        op: "bytes-equal",
        left: { op: "string", address, space: "user", bytes: 4 },
        right: new TextEncoder().encode("/a\0"),
      },
    },
  ]);
  assert.deepEqual(filterOf(open, 'starts_with(str(args.filename), "/a")'), [
    {
      op: "bytes-equal",
      left: { op: "string", address, space: "user", bytes: 3 },
      right: new TextEncoder().encode("/a"),
    },
  ]);
});

test("addresses are tested for networks under a mask", () => {
  const [inside] = filterOf(RETRANSMIT, "args.saddr_v6 in [10.0.0.0/8]");
  const left = { op: "context-bytes", offset: 42, bytes: 16 };
  const right = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 0]);
  const mask = Uint8Array.from([...Array<number>(13).fill(255), 0, 0, 0]);
  assert.deepEqual(inside, { op: "bytes-equal", left, right, mask });
});

test("the element of `in` is computed once if it always runs, else in place", () => {
  const binds = (filter: string): number => {
    const program = checked({ signals: { value: { probe: FSYNC, filter, aggregate: "count()" } } }, kernel);
    return stepsOf(onlyProgram(program), "bind").length;
  };
  assert.equal(binds("ppid in [1, 2, 10..20]"), 1);
  assert.equal(binds("pid == 1 and ppid in [1, 2]"), 1);
  assert.equal(binds("pid == 1 or ppid in [1, 2]"), 0);
  assert.equal(binds("args.fd in [1, 2]"), 0);
});

test("`??` takes the first path that the kernel's types have", () => {
  assert.deepEqual(scalar(RETRANSMIT, "args.err ?? 0"), { op: "context", offset: 76, bytes: 4, signed: true });
  assert.deepEqual(scalar(RETRANSMIT, "args.error ?? 0"), { op: "constant", value: 0n });
  assert.deepEqual(scalar(RETRANSMIT, "task.no_such ?? task.tgid"), scalar(RETRANSMIT, "task.tgid"));
  assert.deepEqual(scalar(RETRANSMIT, "NO_SUCH_ENUMERATOR ?? 3"), { op: "constant", value: 3n });
  assert.deepEqual(faults(RETRANSMIT, "(no_such ?? 3) == 0"), ["unknown-name"]);
  assert.deepEqual(faults(RETRANSMIT, "(args.a ?? args.b) == 0"), ["unknown-field", "unknown-field"]);
});

test("registers of user-space functions are signed integers, or user pointers if used as such", () => {
  assert.deepEqual(filterOf(READLINE, "retval != 0"), [
    {
      op: "binary",
      operator: "!=",
      signed: true,
      left: { op: "context", offset: 80, bytes: 8, signed: true },
      right: { op: "constant", value: 0n },
    },
  ]);
  const { column, value } = field(READLINE, "str(retval)");
  assert.deepEqual(column.type, { kind: "string", maxBytes: 4096, form: "text" });
  assert.ok("bytes" in value && value.bytes.op === "string" && value.bytes.space === "user");
});

test("a null pointer on the way to tty, cwd and exe is not an error", () => {
  for (const [name, form] of [
    ["tty", "tty"],
    ["cwd", "text"],
    ["exe", "text"],
  ] as const) {
    const { column, value, variables } = field(FSYNC, name);
    assert.ok(column.type.kind === "string" && column.type.form === form);
    assert.ok("bytes" in value && value.bytes.op === "choose");
    assert.deepEqual(value.bytes.otherwise, { op: "literal", value: new Uint8Array(1), bytes: 1 });
    assert.ok(variables.length >= 1, `${name} reads its pointer once`);
  }
});

test("a filter that is always true is dropped, one that is never true is reported", () => {
  assert.deepEqual(filterOf(FSYNC, "1 < 2 and args.fd == 3 and true").length, 1);
  const { diagnostics, result } = check(
    { signals: { value: { probe: FSYNC, filter: "1 > 2", aggregate: "count()" } } },
    kernel,
  );
  assert.deepEqual(
    diagnostics.map(({ code, severity }) => [code, severity]),
    [["constant-filter", "warning"]],
  );
  assert.deepEqual(result?.programs, []);
});
