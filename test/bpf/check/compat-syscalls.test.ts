import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { callNames, compatSyscallNames, sharedNumbers } from "../../../bpf/check/names/compat-syscalls.ts";
import { syscallNames } from "../../../bpf/check/names/syscalls.ts";

const HEADER = "/usr/include/x86_64-linux-gnu/asm/unistd_32.h";

/**
 * Returns the numbers of the kernel's own header, which may be of an older kernel than the table.
 */
function headerNames(): ReadonlyMap<bigint, string> | undefined {
  try {
    const lines = readFileSync(HEADER, "utf8").matchAll(/^#define __NR_(\w+) (\d+)$/gm);
    return new Map([...lines].map(([, name = "", number = ""]) => [BigInt(number), name]));
  } catch {
    return undefined;
  }
}

test("32-bit calls have the names of the kernel's header", (t) => {
  const header = headerNames();
  if (header === undefined) {
    t.skip(`reads ${HEADER}, which is not there`);
    return;
  }
  const known = compatSyscallNames("x86_64");
  const beyond = Math.max(...[...header.keys()].map(Number));
  assert.deepEqual(new Map([...known].filter(([number]) => Number(number) <= beyond)), header);
});

test("calls of arm have the numbers of arch/arm/tools/syscall.tbl", () => {
  const names = compatSyscallNames("aarch64");
  const some = {
    5: "open",
    114: "wait4",
    190: "vfork",
    248: "exit_group",
    281: "socket",
    322: "openat",
    387: "execveat",
  };
  for (const [number, name] of Object.entries(some)) assert.equal(names.get(BigInt(number)), name);
  assert.equal(names.get(403n), "clock_gettime64");
  assert.equal(names.get(437n), "openat2");
});

test("a call has one number, which is the one of the 64-bit table if it is in it", () => {
  for (const architecture of ["x86_64", "aarch64"] as const) {
    const [shared, names] = [sharedNumbers(architecture), callNames(architecture)];
    for (const [call, name] of compatSyscallNames(architecture)) {
      assert.equal(names.get(BigInt(shared[Number(call)] ?? -1)), name);
    }
    for (const [number, name] of syscallNames(architecture)) assert.equal(names.get(number), name);
    assert.equal(new Set(names.values()).size, names.size);
  }
});
