import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, parseFunctionName, splitTarget } from "../../../../bpf/kernel/elf/function-name.ts";

test("names of functions are split into their parts", () => {
  assert.deepEqual(parseFunctionName("helper"), { name: "helper" });
  assert.deepEqual(parseFunctionName("a.c:helper"), { name: "helper", file: "a.c" });
  assert.deepEqual(parseFunctionName("memcpy@GLIBC_2.2.5"), { name: "memcpy", version: "GLIBC_2.2.5" });
  assert.deepEqual(parseFunctionName("memcpy@@GLIBC_2.14"), { name: "memcpy", version: "GLIBC_2.14" });
  assert.deepEqual(parseFunctionName("main.work"), { name: "main.work" });
  assert.deepEqual(parseFunctionName("_ZN3foo3barEv"), { name: "_ZN3foo3barEv" });
  assert.deepEqual(parseFunctionName("foo::bar"), { name: "foo::bar" });
  assert.equal(addressOf("0x1139"), 0x1139);
  assert.equal(addressOf("x1139"), undefined);
});

test("the path of a probe is separated from the function", () => {
  const split = (rest: string, ...files: string[]): readonly string[] => {
    const { path, place } = splitTarget(rest, (each) => files.includes(each));
    return [path, place];
  };
  assert.deepEqual(split("/bin/app:helper"), ["/bin/app", "helper"]);
  assert.deepEqual(split("/bin/app:a.c:helper"), ["/bin/app", "a.c:helper"]);
  assert.deepEqual(split("libc.so.6:malloc"), ["libc.so.6", "malloc"]);
  assert.deepEqual(split("libx.so:a.c:helper+4"), ["libx.so", "a.c:helper+4"]);
  assert.deepEqual(split("/odd:name.so:helper", "/odd:name.so"), ["/odd:name.so", "helper"]);
  assert.deepEqual(split("helper"), ["", "helper"]);
});
