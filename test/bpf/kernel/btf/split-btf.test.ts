import assert from "node:assert/strict";
import { test } from "node:test";
import { openBtf } from "../../../../bpf/kernel/btf/open-btf.ts";
import { openSplitBtf } from "../../../../bpf/kernel/btf/split-btf.ts";
import { spell } from "../../../../bpf/kernel/btf/spell.ts";
import { KernelFactsError } from "../../../../bpf/kernel/kernel-facts-error.ts";
import { writeBtf } from "./write-btf.ts";

const base = writeBtf([
  { kind: "int", name: "int", bytes: 4, signed: true, bool: false, char: false },
  { kind: "struct", name: "sock", bytes: 4, members: [{ name: "port", type: 1, bitOffset: 0, bitfieldBits: 0 }] },
]);

/**
 * Returns a module's own types: `int probe(struct sock *sk)`, with ids from 3 on and its names
 * after those of the kernel.
 */
function moduleBlob(): Buffer {
  const baseStrings = base.readUInt32LE(20);
  const blob = Buffer.from(
    writeBtf([
      { kind: "pointer", to: 2 },
      { kind: "prototype", returns: 1, parameters: [{ name: "sk", type: 3 }] },
      { kind: "function", name: "probe", prototype: 4 },
    ]),
  );
  // names: of the parameter, behind the heads of a pointer and a prototype; of the function, behind
  // them all
  for (const at of [24 + 12 + 12, 24 + 12 + 20]) blob.writeUInt32LE(blob.readUInt32LE(at) + baseStrings, at);
  return blob;
}

test("a module's types continue after the kernel's", () => {
  const btf = openSplitBtf(moduleBlob(), openBtf(base), base);
  assert.equal(btf.typeCount, 6);
  assert.equal(btf.find("struct", "sock"), 2);
  const id = btf.find("function", "probe");
  assert.equal(id, 5);
  assert.equal(spell(btf, id ?? 0), "int (struct sock *)");
  const prototype = btf.type(4);
  assert.ok(prototype.kind === "prototype");
  assert.deepEqual(prototype.parameters, [{ name: "sk", type: 3 }]);
  assert.deepEqual([...btf.names("function")], ["probe"]);
});

test("bytes that are not BTF are refused", () => {
  assert.throws(() => openSplitBtf(Buffer.alloc(5), openBtf(base), base), KernelFactsError);
  assert.throws(() => openSplitBtf(Buffer.alloc(64), openBtf(base), base), KernelFactsError);
});
