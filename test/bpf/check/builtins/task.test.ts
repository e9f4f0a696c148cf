import assert from "node:assert/strict";
import { test } from "node:test";
import type { BtfType } from "../../../../bpf/kernel/btf-type.ts";
import { openBtf } from "../../../../bpf/kernel/btf/open-btf.ts";
import { fixtureKernel } from "../../kernel-fixture.ts";
import { writeBtf } from "../../kernel/btf/write-btf.ts";
import { checked } from "../rule.ts";

function int(name: string, bytes: number, signed: boolean): BtfType {
  return { kind: "int", name, bytes, signed, bool: false, char: false };
}

/** A kernel whose `task_struct` has only a session id, of the type of this number. */
function kernelWithSession(type: number): ReturnType<typeof fixtureKernel> {
  const member = { name: "sessionid", type, bitOffset: 0, bitfieldBits: 0 };
  const task: BtfType = { kind: "struct", name: "task_struct", bytes: 8, members: [member] };
  return fixtureKernel({
    btf: openBtf(writeBtf([int("unsigned int", 4, false), int("long", 8, true), int("short", 2, true), task])),
  });
}

function typeOf(type: number): string {
  const rule = { signals: { value: { probe: "profile:9hz" } }, event: { x: "sessionid" } };
  const column = checked(rule, kernelWithSession(type)).record?.[0];
  assert.ok(column?.type.kind === "integer");
  return `${column.type.signed ? "s" : "u"}${column.type.bits} ${column.type.meaning.kind}`;
}

test("an integer of the thread has the width and the sign of the kernel's member", () => {
  assert.equal(typeOf(1), "u32 names");
  assert.equal(typeOf(2), "s64 names");
  assert.equal(typeOf(3), "s16 names");
});

test("the process id of the parent is of the type of `pid`", () => {
  const rule = { signals: { value: { probe: "profile:9hz" } }, event: { x: "pid", y: "ppid" } };
  const [pid, ppid] = checked(rule, fixtureKernel()).record ?? [];
  assert.ok(pid !== undefined);
  assert.deepEqual(ppid?.type, pid.type);
});
