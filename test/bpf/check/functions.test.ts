import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column } from "../../../bpf/check/checked-program.ts";
import type { Value } from "../../../bpf/check/typed-expression.ts";
import type { Type } from "../../../bpf/check/type.ts";
import { fixtureKernel } from "../kernel-fixture.ts";
import { check, checked, onlyProgram, stepsOf, withoutSpans } from "./rule.ts";

const kernel = fixtureKernel();
const EXEC = "tracepoint:sched:sched_process_exec";
const CONNECT = "tracepoint:syscalls:sys_enter_connect";
const SWITCH = "rawtracepoint:sched_switch";

function field(probe: string, text: string): { column: Column; value: Value } {
  const program = checked({ signals: { value: { probe } }, event: { x: text } }, kernel);
  // where memory of the process is read, the same steps stand at the call's end once more
  const value = program.programs.flatMap((each) => stepsOf(each, "emit"))[0]?.fields[0];
  const column = program.record?.[0];
  assert.ok(value !== undefined && column !== undefined);
  return { column, value };
}

function constantOf(text: string): bigint {
  const { value } = field(EXEC, text);
  assert.ok("scalar" in value && value.scalar.op === "constant", `${text} is no constant`);
  return value.scalar.value;
}

/** Returns the meaning with which a value of this expression is shown. */
function shownAs(probe: string, text: string, number: bigint): string | undefined {
  const { type } = field(probe, text).column;
  assert.ok(type.kind === "integer");
  return type.meaning.kind === "names" ? type.meaning.names.get(number) : type.meaning.kind;
}

function typeOf(probe: string, text: string): Type {
  return field(probe, text).column.type;
}

test("sizes and offsets of types are constants", () => {
  assert.equal(constantOf('sizeof("sockaddr_in6")'), 28n);
  assert.equal(constantOf('sizeof("task_struct *")'), 8n);
  assert.equal(constantOf('offsetof("sockaddr_in6", "sin6_addr.in6_u")'), 8n);
  assert.equal(constantOf('offsetof("sockaddr_in", "sin_addr") + 1'), 5n);
  assert.equal(constantOf("CAP_SYS_ADMIN"), 21n);
});

test("the container of a field is a pointer that is the field's offset before it", () => {
  const { value } = field(SWITCH, 'container_of(arg1.se, "task_struct", "se").tgid');
  assert.ok("scalar" in value && value.scalar.op === "load" && value.scalar.how === "kernel");
  const { base } = value.scalar;
  assert.ok(base.op === "binary" && base.operator === "-" && base.right.op === "constant");
  assert.equal(base.right.value, constantOf('offsetof("task_struct", "se")'));
});

test("numbers are shown with the meaning that functions give them", () => {
  assert.equal(shownAs(EXEC, 'errno(cast(pid, "s32"))', -2n), "ENOENT");
  assert.equal(shownAs(EXEC, 'errno(cast(pid, "s32"))', 2n), undefined);
  assert.equal(shownAs(EXEC, "signal(pid)", 9n), "SIGKILL");
  assert.equal(shownAs(EXEC, "syscall(pid)", 59n), "execve");
  assert.equal(shownAs(EXEC, "family(pid)", 1n), "AF_UNIX");
  assert.equal(shownAs(EXEC, "tcp_state(pid)", 10n), "LISTEN");
  assert.equal(shownAs(EXEC, "capability(pid)", 21n), "CAP_SYS_ADMIN");
  assert.equal(shownAs(EXEC, "device(pid)", 0n), "device");
  assert.equal(shownAs(EXEC, "mode(pid)", 0n), "mode");
});

test("system calls, devices and modes are shown as such if the kernel's types say so", () => {
  assert.equal(shownAs("tracepoint:raw_syscalls:sys_enter", "args.id", 0n), "read");
  assert.equal(shownAs("tracepoint:block:block_rq_issue", "args.dev", 0n), "device");
  assert.equal(shownAs(EXEC, "task.mm.exe_file.f_inode.i_mode", 0n), "mode");
});

test("one column shows names only if all its values have the same names", () => {
  const both = { any: ["tracepoint:raw_syscalls:sys_enter", "tracepoint:raw_syscalls:sys_exit"] };
  const meaningOf = (text: string): unknown => {
    const program = checked({ signals: { value: { probe: both } }, event: { x: text } }, kernel);
    const type = program.record?.[0]?.type;
    return type?.kind === "integer" ? type.meaning.kind : undefined;
  };
  assert.equal(meaningOf("args.id"), "names");
  assert.equal(meaningOf("pid > 0 ? signal(pid) : family(pid)"), "plain");
});

test("addresses are read from integers, structs and pointers", () => {
  assert.equal(typeOf(CONNECT, "address(args.uservaddr)").kind, "address");
  assert.equal(typeOf(CONNECT, 'address(cast(pid, "u32"))').kind, "address");
  const pair = withoutSpans(field(CONNECT, 'address(args.uservaddr.sa_family, cast(pid, "u32"), ::1)').value);
  const chosen = (pair as { bytes: { op: string; then: { op: string }; otherwise: { then: { op: string } } } }).bytes;
  assert.deepEqual([chosen.op, chosen.then.op, chosen.otherwise.then.op], ["choose", "mapped-v4", "literal"]);
  assert.deepEqual(typeOf(CONNECT, "port(args.uservaddr)"), {
    kind: "integer",
    bits: 16,
    signed: false,
    meaning: { kind: "plain" },
  });
});

test("a symbol of the kernel is a pointer to be cast", () => {
  const known = { ...kernel, symbolAddress: (name: string) => (name === "avenrun" ? 0xffffffff82a01000n : undefined) };
  const event = { x: 'cast(kaddr("avenrun"), "long unsigned int *")[1] / 2048' };
  const program = checked({ signals: { value: { probe: EXEC } }, event }, known);
  const [field] = stepsOf(onlyProgram(program), "emit")[0]?.fields ?? [];
  assert.ok(
    field !== undefined && "scalar" in field && field.scalar.op === "binary" && field.scalar.left.op === "load",
  );
  assert.deepEqual(field.scalar.left.base, { op: "constant", value: BigInt.asIntN(64, 0xffffffff82a01000n) });
  assert.equal(field.scalar.left.offset, 8);
  const { diagnostics } = check({ signals: { value: { probe: EXEC } }, event: { x: 'kaddr("no_such")' } }, known);
  assert.deepEqual(
    diagnostics.map(({ code, message }) => `${code}: ${message}`),
    ['not-available: this kernel has no symbol "no_such", or hides its address'],
  );
});

test("a pointer points into the memory that the rule names", () => {
  const spaceOf = (text: string): string => {
    const { value } = field(EXEC, text);
    assert.ok("scalar" in value && value.scalar.op === "load");
    return value.scalar.how;
  };
  assert.equal(spaceOf("uptr(task.mm).start_stack"), "user");
  assert.equal(spaceOf("kptr(uptr(task.mm)).start_stack"), "kernel");
});

test("an index that is known only at run time is bounded if the array has a length", () => {
  const { value } = field(EXEC, "task.comm[cpu]");
  assert.ok("scalar" in value && value.scalar.op === "load" && value.scalar.base.op === "number");
  assert.equal(value.scalar.base.operand.op, "conditional");
  const { value: unbounded } = field(EXEC, "task.fs.pwd.dentry.d_name.name[cpu]");
  assert.ok("scalar" in unbounded && unbounded.scalar.op === "load" && unbounded.scalar.base.op === "binary");
});

test("a wrong argument is reported with what the function takes", () => {
  const faults = Object.entries({
    a: 'sizeof("no_such")',
    b: "sizeof(sock)",
    c: 'offsetof("sock", "no_such")',
    d: 'container_of(comm, "sock", "sk_family") != 0',
    e: "address(pid, 1) == ::1",
    f: "address(comm) == ::1",
    g: "port(comm) == 1",
    h: "uptr(comm) == 0",
    i: 'least(-1, cast(pid, "u64")) == 1',
    j: "task.comm[comm] == 1",
  }).map(([name, text]) => {
    const { diagnostics } = check({ signals: { value: { probe: EXEC } }, event: { [name]: text } }, kernel);
    return diagnostics.map(({ code, message }) => `${code}: ${message}`).join("; ");
  });
  assert.deepEqual(faults, [
    'unknown-type: this kernel has no type "no_such"',
    "bad-argument: expected the name of a type in quotes",
    'unknown-field: "struct sock" has no field "no_such"',
    'unknown-field: "struct sock" has no field "sk_family"',
    "bad-argument-count: expected 1 or 3 arguments, found 2",
    "type-mismatch: expected a 32-bit integer, or a struct in_addr, in6_addr or sockaddr, found a string",
    "type-mismatch: expected a struct sockaddr, found a string",
    "type-mismatch: expected a pointer, found a string",
    "sign-mismatch: expected integers of one signedness, found 64-bit unsigned and a negative number",
    "type-mismatch: expected an integer, found a string",
  ]);
});
