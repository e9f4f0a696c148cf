import assert from "node:assert/strict";
import { test } from "node:test";
import { objectName } from "../../../bpf/libbpf-ts/src/object-name.ts";
import { parseCpuList } from "../../../bpf/libbpf-ts/src/cpus.ts";
import { parseFormatBit } from "../../../bpf/libbpf-ts/src/probe-pmu.ts";

test("a list of CPUs can have holes, for which per-CPU values have no room", () => {
  assert.deepEqual(parseCpuList("0\n"), [0]);
  assert.equal(parseCpuList("0-127\n").length, 128);
  assert.deepEqual(parseCpuList("0-1,4-7\n"), [0, 1, 4, 5, 6, 7]);
  assert.deepEqual(parseCpuList("1,3\n"), [1, 3]);
  for (const text of ["\n", "0-\n", "none\n"]) assert.throws(() => parseCpuList(text), /expected a list of CPUs/);
});

test("a PMU's format file gives the bit of config", () => {
  assert.equal(parseFormatBit("config:0\n"), 0);
  assert.equal(parseFormatBit("config:12\n"), 12);
  assert.throws(() => parseFormatBit("config1:0\n"), /expected a format such as "config:0"/);
});

test("names are changed to names that the kernel accepts", () => {
  assert.equal(objectName("tcp-retransmits/keys_0"), "tcp_retransmits");
  assert.equal(objectName("a.b_c"), "a.b_c");
});
