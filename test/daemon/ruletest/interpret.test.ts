import assert from "node:assert/strict";
import { test } from "node:test";
import { interpret, normalText } from "../../../bpf/interpret/interpret.ts";
import type { Value } from "../../../bpf/interpret/value.ts";
import { parse } from "../evaluate/rule-for-tests.ts";

const GIVEN: Readonly<Record<string, Value>> = {
  "args.ret": -2n,
  "args.len": 4097n,
  "str(args.name, 256)": "/etc/shadow",
  comm: "bash",
  "args.flags": 0x8002n,
  saddr: "10.1.2.3",
  daddr: "fe80:0:0::1",
};

function valueOf(text: string): unknown {
  const given = new Map(Object.entries(GIVEN).map(([name, value]) => [normalText(name) ?? "", value]));
  return interpret(parse(text), { given, names: new Map([["pages", parse("(args.len + 4095) / 4096")]]) });
}

const CASES: readonly (readonly [text: string, value: unknown])[] = [
  ["args.ret < 0", true],
  ["errno(args.ret)", "ENOENT"],
  ["args.ret == -ENOENT", true],
  ["pages", 2n],
  ["1 << args.order", { missing: "args.order" }],
  ["1 << (args.order ?? 0)", 1n],
  ["7 / 0", 0n],
  ["-7 / 2", -3n],
  ["0xffffffffffffffff + 1", 0n],
  ['cast(0xffffffff, "s32")', -1n],
  ['str(args.name, 256) in ["/etc/passwd", "/etc/shadow"]', true],
  ['starts_with(str(args.name, 256), "/etc/") and not ends_with(str(args.name, 256), "d")', true],
  ['glob(str(args.name, 256), "/etc/*ow")', true],
  ['glob(comm, "[!b]*")', false],
  ["(args.flags & (O_WRONLY | O_RDWR)) != 0", true],
  ["args.ret in -4095..-1", true],
  ["args.ret not in [-EAGAIN, -ENOENT]", false],
  ['comm == "bash" ? 5ms : 1s', 5_000_000n],
  ["saddr in 10.0.0.0/8", true],
  ["saddr in [192.168.0.0/16, fe80::/10]", false],
  ["saddr == ::ffff:10.1.2.3", true],
  ["daddr in fe80::/10", true],
  ["daddr != fe80::1", false],
  ["daddr not in 10.0.0.0/8", true],
  ["signal(9)", "SIGKILL"],
  ["device(0x800010)", "8:16"],
  ["false and args.nowhere > 1", false],
  ["args.nowhere > 1 and false", { missing: "args.nowhere" }],
];

for (const [text, value] of CASES) {
  test(`${text} is ${JSON.stringify(typeof value === "bigint" ? Number(value) : value)}`, () =>
    assert.deepEqual(valueOf(text), value));
}
