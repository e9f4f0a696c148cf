import assert from "node:assert/strict";
import { test } from "node:test";
import type { BtfType } from "../../../../bpf/kernel/btf-type.ts";
import { findMember } from "../../../../bpf/kernel/btf/find-member.ts";
import { openBtf } from "../../../../bpf/kernel/btf/open-btf.ts";
import { KernelFactsError } from "../../../../bpf/kernel/kernel-facts-error.ts";
import { SAMPLE_TYPES, sampleBtf } from "./sample-types.ts";
import { writeBtf } from "./write-btf.ts";

test("every kind of type is decoded as it was written", () => {
  const btf = openBtf(sampleBtf());
  assert.equal(btf.typeCount, SAMPLE_TYPES.length + 1);
  assert.deepEqual(btf.type(0), { kind: "void" });
  SAMPLE_TYPES.forEach((type, index) => assert.deepEqual(btf.type(index + 1), type));
});

test("a bitfield may be far from the start of its struct", () => {
  const far = { name: "far", type: 1, bitOffset: 0xabcdef, bitfieldBits: 31 };
  const [int] = SAMPLE_TYPES;
  assert.ok(int);
  const btf = openBtf(writeBtf([int, { kind: "struct", name: "wide", bytes: 2 ** 21, members: [far] }]));
  assert.deepEqual(findMember(btf, 2, "far"), { type: 1, bitOffset: 0xabcdef, bitfieldBits: 31, plain: true });
});

test("a type is decoded once", () => {
  const btf = openBtf(sampleBtf());
  assert.equal(btf.type(9), btf.type(9));
});

test("a name is found by its kind, the first of two equal ones", () => {
  const btf = openBtf(sampleBtf());
  assert.equal(btf.find("struct", "task"), 9);
  assert.equal(btf.find("enum", "state"), 11);
  assert.equal(btf.find("struct", "state"), 20);
  assert.equal(btf.find("enum", "wide"), 12);
  assert.equal(btf.find("function", "do_task"), 14);
  assert.equal(btf.find("typedef", "pid_t"), 3);
});

test("a missing type is not found", () => {
  const btf = openBtf(sampleBtf());
  for (const name of ["", "tas", "task2", "hidden", "x".repeat(10_000), "do_task\0", "tåsk"]) {
    assert.equal(btf.find("struct", name), undefined, name);
  }
  assert.equal(btf.find("union", "task"), undefined);
});

test("enumerators are found over all enums, signed and 64 bits wide", () => {
  const btf = openBtf(sampleBtf());
  assert.deepEqual(btf.enumerator("STATE_BROKEN"), { value: -1n, enumId: 11 });
  assert.deepEqual(btf.enumerator("WIDE_TOP"), { value: 0x8000000000000001n, enumId: 12 });
  assert.equal(btf.enumerator("STATE"), undefined);
});

test("an enum with a negative value is signed if no enum says that it is signed", () => {
  const values = [
    { name: "BROKEN", value: -1n },
    { name: "RUNNING", value: 1n },
  ];
  const state: BtfType = { kind: "enum", name: "state", bytes: 4, signed: false, values };
  const plain: BtfType = { kind: "enum", name: "plain", bytes: 4, signed: false, values: values.slice(1) };
  const old = openBtf(writeBtf([state, plain]));
  assert.deepEqual(old.type(1), { ...state, signed: true });
  assert.deepEqual(old.type(2), plain);
  assert.deepEqual(old.enumerator("BROKEN"), { value: -1n, enumId: 1 });
  const told = openBtf(writeBtf([state, { ...plain, signed: true }]));
  assert.deepEqual(told.enumerator("BROKEN"), { value: 0xffffffffn, enumId: 1 });
});

test("names of a kind are listed", () => {
  const btf = openBtf(sampleBtf());
  assert.deepEqual([...btf.names("struct")], ["task", "state", "task"]);
  assert.deepEqual([...btf.names("enum")], ["state", "wide"]);
});

test("names of enumerators are listed", () => {
  const names = [...openBtf(sampleBtf()).enumeratorNames()];
  assert.ok(names.includes("STATE_BROKEN") && names.includes("WIDE_TOP"), names.join(" "));
});

test("an id that the table lacks is an error", () => {
  const btf = openBtf(sampleBtf());
  for (const id of [-1, 1.5, btf.typeCount, Number.NaN]) assert.throws(() => btf.type(id), KernelFactsError);
});

test("a blob within a larger buffer is read in place", () => {
  const inside = Buffer.concat([Buffer.alloc(3), sampleBtf()]).subarray(3);
  assert.equal(openBtf(inside).find("struct", "task"), 9);
});

const DAMAGED: readonly (readonly [message: RegExp, spoil: (blob: Buffer) => Uint8Array])[] = [
  [/shorter than its header/, (blob) => blob.subarray(0, 23)],
  [/begins with 0x457f/, (blob) => blob.fill("\x7fELF", 0, 4)],
  [/big-endian/, (blob) => blob.fill("\xeb\x9f", 0, 2, "latin1")],
  [/found version 2/, (blob) => blob.fill(2, 2, 3)],
  [/string section is cut off/, (blob) => blob.subarray(0, blob.length - 1)],
  [/type section is cut off/, (blob) => blob.fill(0xff, 12, 16)],
  [/type 1 is of kind 31/, (blob) => blob.fill(0x1f, 24 + 7, 24 + 8)],
  [/is outside the string section/, (blob) => blob.fill(0xff, 24, 28)],
];

for (const [message, spoil] of DAMAGED) {
  test(`a damaged blob is an error that says so: ${message.source}`, () => {
    assert.throws(
      () => openBtf(spoil(sampleBtf())),
      (error) => error instanceof KernelFactsError && message.test(error.message),
    );
  });
}

test("a signed char is signed, also in older BTF", () => {
  const int = { kind: "int", bytes: 1, signed: false, char: false, bool: false } as const;
  const btf = openBtf(
    writeBtf([
      { ...int, name: "signed char" },
      { ...int, name: "unsigned char" },
    ]),
  );
  assert.deepEqual(
    [btf.type(1), btf.type(2)],
    [
      { ...int, name: "signed char", signed: true },
      { ...int, name: "unsigned char" },
    ],
  );
});
