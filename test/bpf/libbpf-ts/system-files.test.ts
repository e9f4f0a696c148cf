import assert from "node:assert/strict";
import { test } from "node:test";
import { objectName } from "../../../bpf/libbpf-ts/src/object-name.ts";
import { parseCpuCount } from "../../../bpf/libbpf-ts/src/possible-cpus.ts";
import { parseFormatBit } from "../../../bpf/libbpf-ts/src/probe-pmu.ts";

test("per-CPU values have room up to the highest possible CPU", () => {
  assert.equal(parseCpuCount("0\n"), 1);
  assert.equal(parseCpuCount("0-127\n"), 128);
  assert.equal(parseCpuCount("0-1,4-7\n"), 8);
  assert.equal(parseCpuCount("0,2\n"), 3);
  assert.throws(() => parseCpuCount("\n"), /expected a list of CPUs/);
});

test("a PMU's format file gives the bit of config", () => {
  assert.equal(parseFormatBit("config:0\n"), 0);
  assert.equal(parseFormatBit("config:12\n"), 12);
  assert.throws(() => parseFormatBit("config1:0\n"), /expected a format such as "config:0"/);
});

test("names become what the kernel takes", () => {
  assert.equal(objectName("tcp-retransmits/keys_0"), "tcp_retransmits");
  assert.equal(objectName("a.b_c"), "a.b_c");
});
