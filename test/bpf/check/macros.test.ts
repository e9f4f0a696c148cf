import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { ADDRESS_FAMILIES } from "../../../bpf/check/macros/address-families.ts";
import { ERRNO } from "../../../bpf/check/macros/errno.ts";
import { FILE_MODES } from "../../../bpf/check/macros/file-modes.ts";
import { ALLOCATION_FLAGS } from "../../../bpf/check/macros/kernel/allocation-flags.ts";
import { INTEGERS } from "../../../bpf/check/macros/kernel/integers.ts";
import { TASK_FLAGS } from "../../../bpf/check/macros/kernel/task-flags.ts";
import { TASK_STATES } from "../../../bpf/check/macros/kernel/task-states.ts";
import { kernelMacro, macroNames, programMacro } from "../../../bpf/check/macros/macros.ts";
import { OPEN_FLAGS } from "../../../bpf/check/macros/open-flags.ts";
import { PROGRAM_MACROS } from "../../../bpf/check/macros/program-macros.ts";
import { SIGNALS } from "../../../bpf/check/macros/signals.ts";
import { SOCKETS } from "../../../bpf/check/macros/sockets.ts";
import { UNSETTLED } from "../../../bpf/check/macros/unsettled.ts";

const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;
const HERE = process.arch === "arm64" ? "aarch64" : "x86_64";
const HOST = { architecture: HERE, pageBytes: 4096 } as const;

interface Case {
  readonly headers: readonly string[];
  readonly names: readonly string[];
  readonly value: (name: string) => bigint | undefined;
}

const ofPrograms = (headers: readonly string[], values: object, without?: string): Case => ({
  headers,
  names: Object.keys(values).filter((name) => name !== without),
  value: (name) => programMacro(name, HOST),
});

const CASES: readonly Case[] = [
  ...PROGRAM_MACROS.map(({ headers, values, only }) => ofPrograms(headers, { ...values, ...only?.[HERE] })),
  ofPrograms(["sys/socket.h"], ADDRESS_FAMILIES),
  ofPrograms(["linux/errno.h"], ERRNO),
  ofPrograms(["linux/stat.h"], FILE_MODES),
  // it is FASYNC there
  ofPrograms(["linux/fcntl.h"], OPEN_FLAGS[HERE], "O_ASYNC"),
  // the kernel's own header has what it is made of
  ofPrograms(["linux/signal.h"], SIGNALS, "SIGRTMAX"),
  ofPrograms(["sys/socket.h", "netinet/in.h"], SOCKETS),
  { headers: ["limits.h", "linux/resource.h"], names: Object.keys(INTEGERS), value: (name) => kernelMacro(name, HOST) },
];

/**
 * Returns the errors of a C compiler about the values. Each is compared as a 64-bit integer, as the
 * kernel half computes.
 */
function askCompiler({ headers, names, value }: Case): string {
  const includes = headers.map((header) => `#include <${header}>\n`).join("");
  const claims = names.map((name) => {
    const bits = BigInt.asUintN(64, value(name) ?? 0xdeadn);
    return `_Static_assert((unsigned long long)(${name}) == ${bits}ull, "${name}");\n`;
  });
  const options = ["-D_GNU_SOURCE", "-w", "-fsyntax-only", "-x", "c", "-"];
  return spawnSync("gcc", options, { input: `${includes}${claims.join("")}`, encoding: "utf8" }).stderr;
}

describe("macros have the values that C gives them", { skip: !hasCompiler && "no gcc" }, () => {
  for (const each of CASES) {
    test(each.headers.join(", "), () => {
      assert.ok(each.names.length > 1);
      assert.equal(askCompiler(each), "");
    });
  }

  test("a macro that differs by architecture says so", () => {
    assert.match(askCompiler({ headers: ["linux/fcntl.h"], names: ["AT_FDCWD"], value: () => 100n }), /AT_FDCWD/);
  });
});

test("a name is in one table, or has the same value in all", () => {
  const tables = PROGRAM_MACROS.map(({ values, only }) => ({ ...values, ...only?.x86_64 }));
  const others = [ADDRESS_FAMILIES, ERRNO, FILE_MODES, SIGNALS, SOCKETS, OPEN_FLAGS.x86_64, TASK_FLAGS, TASK_STATES];
  for (const table of [...tables, ...others, ALLOCATION_FLAGS]) {
    for (const [name, value] of Object.entries(table)) {
      const host = { architecture: "x86_64", pageBytes: 4096 } as const;
      assert.equal(programMacro(name, host) ?? kernelMacro(name, host), BigInt(value), name);
    }
  }
});

test("a macro without a fixed value is not in a table", () => {
  const names = new Set(macroNames(HOST));
  assert.deepEqual(
    [...UNSETTLED.keys()].filter((name) => names.has(name)),
    [],
  );
});

test("a page is as large as this kernel's", () => {
  const host = { architecture: "aarch64", pageBytes: 65536 } as const;
  assert.equal(kernelMacro("PAGE_SIZE", host), 65536n);
  assert.equal(kernelMacro("PAGE_SHIFT", host), 16n);
  assert.equal(kernelMacro("PAGE_MASK", host), -65536n);
});
