import assert from "node:assert/strict";
import { test } from "node:test";
import { findMember, memberNames } from "../../../../bpf/kernel/btf/find-member.ts";
import { openBtf } from "../../../../bpf/kernel/btf/open-btf.ts";
import { resolve, sizeOf } from "../../../../bpf/kernel/btf/resolve.ts";
import { spell } from "../../../../bpf/kernel/btf/spell.ts";
import { KernelFactsError } from "../../../../bpf/kernel/kernel-facts-error.ts";
import { sampleBtf } from "./sample-types.ts";
import { writeBtf } from "./write-btf.ts";

const btf = openBtf(sampleBtf());

test("resolving passes typedefs, qualifiers and tags, and returns their names", () => {
  assert.deepEqual(resolve(btf, 3), { id: 1, type: btf.type(1), tags: [], typedefs: ["pid_t"] });
  assert.deepEqual(resolve(btf, 17), { id: 2, type: btf.type(2), tags: ["user"], typedefs: [] });
  assert.equal(resolve(btf, 0).type.kind, "void");
});

test("a typedef of itself is an error and does not hang", () => {
  const cyclic = openBtf(writeBtf([{ kind: "typedef", name: "loop", to: 1 }]));
  assert.throws(() => resolve(cyclic, 1), KernelFactsError);
  assert.throws(() => spell(openBtf(writeBtf([{ kind: "pointer", to: 1 }])), 1), KernelFactsError);
});

test("sizes are those of a 64-bit kernel", () => {
  const sizes = new Map([
    [1, 4],
    [3, 4],
    [5, 8],
    [6, 16],
    [9, 40],
    [12, 8],
    [19, 8],
    [23, 16],
  ]);
  for (const [id, bytes] of sizes) assert.equal(sizeOf(btf, id), bytes, `type ${id}`);
  for (const id of [0, 13, 14, 15]) assert.equal(sizeOf(btf, id), undefined, `type ${id}`);
});

test("members are found through anonymous unions and structs", () => {
  assert.deepEqual(findMember(btf, 9, "high"), { type: 3, bitOffset: 96, bitfieldBits: 0, plain: false });
  assert.deepEqual(findMember(btf, 9, "comm"), { type: 6, bitOffset: 128, bitfieldBits: 0, plain: true });
  assert.deepEqual(findMember(btf, 9, "kind"), { type: 1, bitOffset: 33, bitfieldBits: 3, plain: true });
  assert.equal(findMember(btf, 9, "value"), undefined);
  assert.equal(findMember(btf, 10, "pid"), undefined);
});

test("names of members include those of anonymous ones", () => {
  assert.deepEqual(memberNames(btf, 9), ["pid", "flag", "kind", "word", "low", "high", "comm", "parent"]);
  assert.deepEqual(memberNames(btf, 1), []);
});

const SPELLINGS: readonly (readonly [id: number, spelling: string])[] = [
  [0, "void"],
  [1, "int"],
  [3, "pid_t"],
  [5, "const char *"],
  [6, "char[16]"],
  [7, "union {...}"],
  [10, "struct task *"],
  [11, "enum state"],
  [14, "int (struct task *, const char *, ...)"],
  [15, "struct hidden"],
  [16, "int (*)(struct task *, const char *, ...)"],
  [18, "__user char *"],
  [22, "struct task * const"],
  [23, "struct task *[2]"],
];

for (const [id, spelling] of SPELLINGS) {
  test(`C spells it "${spelling}"`, () => assert.equal(spell(btf, id), spelling));
}
