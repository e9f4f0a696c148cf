import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStaticProbeArguments } from "../../../../bpf/kernel/elf/static-probe-arguments.ts";
import type { Architecture, StaticProbeArgument } from "../../../../bpf/kernel/kernel.ts";

const DISTANCES: Readonly<Record<string, number>> = { counter: 4096, ".LC0": -32 };

function parse(text: string, architecture: Architecture = "x86_64"): readonly (StaticProbeArgument | string)[] {
  return parseStaticProbeArguments(text, architecture, (name) => DISTANCES[name]);
}

const memory = (base: string, offset: number): StaticProbeArgument["at"] => ({
  kind: "memory",
  base,
  scale: 1,
  offset,
});
const register = (name: string): StaticProbeArgument["at"] => ({ kind: "register", register: name });

test("operands of x86-64", () => {
  const cases: readonly (readonly [string, StaticProbeArgument])[] = [
    ["8@%rax", { bytes: 8, signed: false, at: register("rax") }],
    ["-4@%r12d", { bytes: 4, signed: true, at: register("r12d") }],
    ["1@%ah", { bytes: 1, signed: false, at: register("ah") }],
    ["-4@$-5", { bytes: 4, signed: true, at: { kind: "constant", value: -5n } }],
    ["8@$0x10", { bytes: 8, signed: false, at: { kind: "constant", value: 16n } }],
    ["8@$18446744073709551615", { bytes: 8, signed: false, at: { kind: "constant", value: 2n ** 64n - 1n } }],
    ["-4@-20(%rbp)", { bytes: 4, signed: true, at: memory("rbp", -20) }],
    ["-2@(%rdi)", { bytes: 2, signed: true, at: memory("rdi", 0) }],
    ["8@counter(%rip)", { bytes: 8, signed: false, at: memory("rip", 4096) }],
    ["8@counter+8(%rip)", { bytes: 8, signed: false, at: memory("rip", 4104) }],
    ["8@-8+counter(%rip)", { bytes: 8, signed: false, at: memory("rip", 4088) }],
    ["8@.LC0(%rip)", { bytes: 8, signed: false, at: memory("rip", -32) }],
    [
      "4@8(%rax,%rdx,4)",
      { bytes: 4, signed: false, at: { kind: "memory", base: "rax", index: "rdx", scale: 4, offset: 8 } },
    ],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parse(text), [expected], text);
  assert.deepEqual(
    parse(cases.map(([text]) => text).join(" ")),
    cases.map(([, expected]) => expected),
  );
});

test("operands of aarch64, with blanks in them", () => {
  assert.deepEqual(parse("-4@[sp, 12] 8@x0 4@w19 8@[x0] -8@-5 1@[x1, x2] 4@[x3, x4, lsl 2] -4@[sp,-8]", "aarch64"), [
    { bytes: 4, signed: true, at: memory("sp", 12) },
    { bytes: 8, signed: false, at: register("x0") },
    { bytes: 4, signed: false, at: register("w19") },
    { bytes: 8, signed: false, at: memory("x0", 0) },
    { bytes: 8, signed: true, at: { kind: "constant", value: -5n } },
    { bytes: 1, signed: false, at: { kind: "memory", base: "x1", index: "x2", scale: 1, offset: 0 } },
    { bytes: 4, signed: false, at: { kind: "memory", base: "x3", index: "x4", scale: 4, offset: 0 } },
    { bytes: 4, signed: true, at: memory("sp", -8) },
  ]);
});

test("an argument that cannot be read gives the reason and keeps its place", () => {
  const wide = 'it is spelled "16@%xmm0"';
  assert.deepEqual(parse("8f@%xmm0 4@%eax 16@%xmm0 8@unknown(%rip) 8@*%rax"), [
    "it is a floating-point number",
    { bytes: 4, signed: false, at: register("eax") },
    wide,
    'it is at the variable "unknown", for which the file has no symbol: use a build with .symtab, not stripped',
    'it is spelled "8@*%rax"',
  ]);
  assert.deepEqual(parse(""), []);
});
