import assert from "node:assert/strict";
import { test } from "node:test";
import type { TracepointFieldForm } from "../../../../bpf/kernel/kernel.ts";
import type { FormatNames, NamedType } from "../../../../bpf/kernel/tracepoint/format-names.ts";
import { parseFormat } from "../../../../bpf/kernel/tracepoint/parse-format.ts";

const TYPES: Readonly<Record<string, NamedType>> = {
  int: { kind: "integer", bytes: 4, signed: true },
  umode_t: { kind: "integer", bytes: 2, signed: false },
  u64: { kind: "integer", bytes: 8, signed: false },
  "unsigned int": { kind: "integer", bytes: 4, signed: false },
  cap_user_header_t: { kind: "pointer", to: "struct __user_cap_header_struct" },
};

const NAMES: FormatNames = {
  type: (name) => TYPES[name],
  enumerator: (name) => (name === "TCP_CLOSE" ? 7n : undefined),
};

const COMMON = `	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
`;

function parse(fields: string, print = '""', tracepoint = { category: "tcp", name: "probe" }) {
  const text = `name: ${tracepoint.name}\nID: 42\nformat:\n${COMMON}\n${fields}\n\nprint fmt: ${print}\n`;
  return parseFormat(text, tracepoint, NAMES);
}

function formOf(declaration: string, bytes: number, print?: string): TracepointFieldForm | undefined {
  return parse(`\tfield:${declaration};\toffset:8;\tsize:${bytes};\tsigned:0;`, print)?.fields[0]?.form;
}

test("a format has its id and its fields without the common ones", () => {
  assert.deepEqual(parse("\tfield:int err;\toffset:76;\tsize:4;\tsigned:1;"), {
    category: "tcp",
    name: "probe",
    id: 42,
    fields: [{ name: "err", cType: "int", offset: 76, bytes: 4, signed: true, form: { kind: "integer" } }],
  });
});

test("a text without an id is not a format", () => {
  assert.equal(parseFormat("name: x\n", { category: "a", name: "x" }, NAMES), undefined);
});

const FORMS: readonly (readonly [declaration: string, bytes: number, form: TracepointFieldForm])[] = [
  ["u32 x", 4, { kind: "integer" }],
  ["enum zone_type x", 4, { kind: "integer" }],
  ["const void * x", 8, { kind: "pointer", to: "void", space: "kernel" }],
  ["const void* x", 8, { kind: "pointer", to: "void", space: "kernel" }],
  ["const struct iovec *const x", 8, { kind: "pointer", to: "struct iovec", space: "kernel" }],
  ["const char *const * x", 8, { kind: "pointer", to: "char *", space: "kernel" }],
  ['const char __attribute__((btf_type_tag("user"))) * x', 8, { kind: "pointer", to: "char", space: "user" }],
  ["cap_user_header_t x", 8, { kind: "pointer", to: "struct __user_cap_header_struct", space: "kernel" }],
  ["char x[16]", 16, { kind: "characters" }],
  ["char x[TASK_COMM_LEN]", 16, { kind: "characters" }],
  ["__data_loc char[] x", 4, { kind: "located-characters" }],
  ["__data_loc u64[] x", 4, { kind: "located-array", elementBytes: 8, elementSigned: false }],
  ["__data_loc cpumask_t x", 4, { kind: "opaque" }],
  ["__rel_loc char[] x", 4, { kind: "opaque" }],
  ["__u8 x[28]", 28, { kind: "array", elementBytes: 1, elementSigned: false }],
  ["unsigned long x[6]", 48, { kind: "array", elementBytes: 8, elementSigned: false }],
  ["unsigned int x[N]", 8, { kind: "array", elementBytes: 4, elementSigned: false }],
  ["unsigned long x[]", 0, { kind: "opaque" }],
  ["struct timespec x", 16, { kind: "opaque" }],
];

for (const [declaration, bytes, form] of FORMS) {
  test(`"${declaration}" is ${form.kind}`, () => assert.deepEqual(formOf(declaration, bytes), form));
}

test("the printed conversion makes a field an address if the field has room for one", () => {
  assert.deepEqual(formOf("__u8 x[4]", 4, '"%pI4", REC->x'), { kind: "address", family: 4 });
  assert.deepEqual(formOf("__be32 x", 4, '"%pI4", &REC->x'), { kind: "address", family: 4 });
  assert.deepEqual(formOf("__u8 x[16]", 16, '"%pI6c", REC->x'), { kind: "address", family: 6 });
  assert.deepEqual(formOf("const void * x", 8, '"%pI4", REC->x'), { kind: "pointer", to: "void", space: "kernel" });
});

test("a field has the names whose values are known, cut to its width", () => {
  const print =
    '"%s", __print_symbolic(REC->x, {-1, "NONE"}, {TCP_CLOSE, "TCP_CLOSE"}, {UNKNOWN, "UNKNOWN"}, {7, "SEVEN"})';
  assert.deepEqual(formOf("u8 x", 1, print), {
    kind: "integer",
    names: new Map([
      [255n, "NONE"],
      [7n, "TCP_CLOSE"],
    ]),
  });
});

test("a system call's arguments are as wide as their types and point to user space", () => {
  const openat = parse(
    `	field:int __syscall_nr;	offset:8;	size:4;	signed:1;
	field:int dfd;	offset:16;	size:8;	signed:0;
	field:const char * filename;	offset:24;	size:8;	signed:0;
	field:const umode_t mode;	offset:32;	size:8;	signed:0;
	field:unknown_t other;	offset:40;	size:8;	signed:0;
	field:__data_loc char[] __filename_val;	offset:64;	size:4;	signed:0;`,
    '""',
    { category: "syscalls", name: "sys_enter_openat" },
  );
  assert.deepEqual(
    openat?.fields.map(({ name, bytes, signed }) => [name, bytes, signed]),
    [
      ["__syscall_nr", 4, true],
      ["dfd", 4, true],
      ["filename", 8, false],
      ["mode", 2, false],
      ["other", 8, false],
    ],
  );
  assert.deepEqual(openat?.fields[2]?.form, { kind: "pointer", to: "char", space: "user" });
});

test("a system call's result keeps its sign", () => {
  const exit = parse("\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;", '"0x%lx", REC->ret', {
    category: "syscalls",
    name: "sys_exit_read",
  });
  assert.deepEqual(exit?.fields[0], {
    name: "ret",
    cType: "long",
    offset: 16,
    bytes: 8,
    signed: true,
    form: { kind: "integer" },
  });
});
