import assert from "node:assert/strict";
import { test } from "node:test";
import { architectureOf, countCpus, pageBytesOf } from "../../../bpf/kernel/host-facts.ts";
import { KernelFactsError } from "../../../bpf/kernel/kernel-facts-error.ts";

test("a CPU list is counted, holes left out", () => {
  for (const [list, count] of [
    ["0\n", 1],
    ["0-3\n", 4],
    ["0-3,8,10-11\n", 7],
  ] as const)
    assert.equal(countCpus(list), count);
});

test("the page size is that of the auxiliary vector", () => {
  const vector = Buffer.alloc(48);
  [33n, 1n, 6n, 65536n, 0n, 0n].forEach((value, index) => vector.writeBigUInt64LE(value, index * 8));
  assert.equal(pageBytesOf(vector), 65536);
  assert.equal(pageBytesOf(Buffer.alloc(7)), 4096);
});

test("architectures are named as the kernel does", () => {
  assert.equal(architectureOf("x64"), "x86_64");
  assert.equal(architectureOf("arm64"), "aarch64");
  assert.throws(() => architectureOf("riscv64"), KernelFactsError);
});
