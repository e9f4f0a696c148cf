import assert from "node:assert/strict";
import { constants } from "node:os";
import { test } from "node:test";
import { BpfError, checked } from "../../../bpf/libbpf-ts/src/bpf-error.ts";

const { EACCES, EPERM, EINVAL } = constants.errno;

test("a refused bpf(2) names the capability", () => {
  const error = new BpfError("BPF_MAP_CREATE", EPERM, 'map "counts"');
  assert.match(error.message, /^map "counts": BPF_MAP_CREATE: operation not permitted \(EPERM\): needs CAP_BPF/);
  assert.deepEqual([error.code, error.errno, error.operation], ["EPERM", EPERM, "BPF_MAP_CREATE"]);
});

test("a refused perf_event_open names the sysctl", () => {
  const error = new BpfError("perf_event_open", EACCES, "tracepoint 7");
  assert.match(error.message, /\(EACCES\): needs CAP_PERFMON.*kernel\.perf_event_paranoid/);
});

test("errors with several meanings have no guess", () => {
  assert.equal(new BpfError("mmap", EINVAL, 'map "m"').message, 'map "m": mmap: invalid argument (EINVAL)');
});

test("errno 524 of the kernel, which no libc knows, has its name", () => {
  assert.equal(new BpfError("BPF_MAP_CREATE", 524, "map").code, "ENOTSUPP");
  assert.equal(new BpfError("BPF_MAP_CREATE", 4000, "map").code, "E4000");
});

test("checked passes on descriptors and throws for a negative errno", () => {
  assert.equal(checked("BPF_BTF_LOAD", 3, "btf"), 3);
  assert.throws(() => checked("BPF_BTF_LOAD", -EINVAL, "btf"), { name: "BpfError", code: "EINVAL", errno: EINVAL });
});
