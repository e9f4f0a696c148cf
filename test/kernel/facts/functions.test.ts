import assert from "node:assert/strict";
import { moduleBtf } from "libbpf-ts";
import { kernel } from "../compile/host.ts";
import { finds, kernelTestNeeding } from "../needs.ts";
import { kernelTest } from "../privilege.ts";

kernelTest("the ways to probe functions are those of the machine", () => {
  const names = ["kprobe", "kprobe_multi", "fentry"] as const;
  assert.deepEqual(
    names.map((name) => [name, kernel.has(name)]),
    names.map((name) => [name, finds[name]()]),
  );
});

kernelTestNeeding("kprobe", "the functions that can be probed are the kernel's", () => {
  const functions = kernel.functions();
  assert.deepEqual(functions.byName("vfs_read"), [{ name: "vfs_read" }]);
  assert.deepEqual(functions.byName("vfs_rea"), []);
  assert.equal(functions.exists("vfs_read"), true);
  assert.equal(functions.exists("vfs_rea"), false);
  assert.ok(Iterator.from(functions.all()).take(10_000).toArray().length === 10_000);
});

kernelTest("a missing module has no types", () => {
  assert.equal(moduleBtf("no_such_module"), undefined);
  assert.equal(kernel.moduleBtf("no_such_module"), undefined);
  assert.equal(kernel.moduleBtf("../btf/vmlinux"), undefined);
});
