import assert from "node:assert/strict";
import { test } from "node:test";
import type { BtfType } from "../../../bpf/kernel/btf-type.ts";
import { openBtf } from "../../../bpf/kernel/btf/open-btf.ts";
import { fixtureKernel } from "../kernel-fixture.ts";
import { writeBtf } from "../kernel/btf/write-btf.ts";
import { check } from "./rule.ts";

type Member = readonly [name: string, type: number, bitOffset: number];

function struct(name: string, bytes: number, ...members: readonly Member[]): BtfType {
  return {
    kind: "struct",
    name,
    bytes,
    members: members.map(([member, type, bitOffset]) => ({ name: member, type, bitOffset, bitfieldBits: 0 })),
  };
}

const enumOf = (name: string, ...values: readonly [string, bigint][]): BtfType => ({
  kind: "enum",
  name,
  bytes: 4,
  signed: false,
  values: values.map(([each, value]) => ({ name: each, value })),
});

/**
 * Types of two source files that each have a `walk` and an `inner` of their own, and their own
 * number for `STATE_ON`.
 */
const blob = writeBtf([
  { kind: "int", name: "int", bytes: 4, signed: true, bool: false, char: false },
  { kind: "int", name: "long", bytes: 8, signed: true, bool: false, char: false },
  struct("inner", 8, ["low", 1, 0], ["high", 1, 32]),
  struct("inner", 8, ["high", 1, 0], ["low", 1, 32]),
  { kind: "pointer", to: 3 },
  { kind: "pointer", to: 4 },
  struct("walk", 32, ["same", 1, 0], ["moved", 1, 32], ["first", 2, 64], ["next", 5, 128], ["all", 9, 192]),
  struct("walk", 40, ["same", 1, 0], ["moved", 1, 64], ["second", 1, 96], ["next", 6, 128], ["all", 10, 192]),
  { kind: "array", element: 1, count: 2 },
  { kind: "array", element: 1, count: 4 },
  struct("like", 8, ["same", 1, 0]),
  struct("like", 8, ["same", 1, 0]),
  { kind: "typedef", name: "number", to: 1 },
  { kind: "typedef", name: "number", to: 2 },
  { kind: "typedef", name: "alias", to: 1 },
  { kind: "typedef", name: "alias", to: 1 },
  enumOf("one", ["STATE_ON", 1n], ["STATE_SAME", 7n]),
  enumOf("other", ["STATE_ON", 2n], ["STATE_SAME", 7n]),
]);
const kernel = fixtureKernel({ btf: openBtf(blob) });

/** Returns the fault of a value, with its help. */
function faults(value: string): readonly string[] {
  const { diagnostics } = check({ signals: { value: { probe: "profile:9hz" } }, event: { x: value } }, kernel);
  return diagnostics.map(({ code, message, help }) => `${code}: ${message}; ${help}`);
}

const WALK = 'write "struct walk{first}" or "struct walk{second}"';

test("members that are equal in all types of a name can be used", () => {
  for (const value of [
    'cast(1, "walk").same',
    'cast(cast(1, "walk").next, "like").same',
    'cast(1, "like")[1].same',
    'sizeof("like")',
    'offsetof("walk", "same")',
    'container_of(cast(1, "int *"), "walk", "same").same',
    'cast(1, "alias")',
    "STATE_SAME",
  ])
    assert.deepEqual(faults(value), [], value);
});

test("members that differ are refused, with the spelling of each type", () => {
  const differs = (what: string) => [
    `ambiguous-type: this kernel has 2 types "struct walk", which differ in ${what}; ${WALK}`,
  ];
  assert.deepEqual(faults('cast(1, "walk").moved'), differs('"moved"'));
  assert.deepEqual(faults('cast(1, "walk").first'), differs('"first"'));
  assert.deepEqual(faults('cast(1, "walk").all[3]'), differs('"all"'));
  assert.deepEqual(faults('cast(1, "walk")[1].same'), differs("size"));
  assert.deepEqual(faults('sizeof("walk")'), differs("size"));
  assert.deepEqual(faults('offsetof("walk", "moved")'), differs('"moved"'));
  assert.deepEqual(faults('container_of(cast(1, "int *"), "walk", "moved").same'), differs('"moved"'));
  assert.match(faults('cast(1, "number")').join(""), /ambiguous-type: this kernel has 2 types "number"/);
});

test("types that are reached through an ambiguous type are ambiguous too", () => {
  const [found] = faults('cast(1, "walk").next.low');
  assert.equal(
    found,
    'ambiguous-type: this kernel has 2 types "struct inner", which differ in "low"; write cast(x, "u64 *")[n] for the number at an address',
  );
  assert.deepEqual(faults('cast(1, "walk{first}").next.low'), []);
});

test("a member or a size chooses one of several types", () => {
  const right = ["walk{first}", "struct walk { first, moved }", "walk{32}"];
  for (const name of right) assert.deepEqual(faults(`cast(1, "${name}").moved + cast(1, "${name}")[1].same`), [], name);
  assert.deepEqual(faults('cast(1, "walk{second}").moved'), []);
  assert.match(faults('cast(1, "walk{third}").moved').join(""), /unknown-type: .*"walk" with \{third\}/);
});

test("an enumerator that is not one number is refused", () => {
  const message = '"STATE_ON" is not one number in this kernel: it is 1 in "enum one", 2 in "enum other"';
  assert.deepEqual(faults("STATE_ON"), [`ambiguous-type: ${message}; write the number that is meant`]);
  assert.deepEqual(faults("STATE_ON ?? 0"), [`ambiguous-type: ${message}; write the number that is meant`]);
});
