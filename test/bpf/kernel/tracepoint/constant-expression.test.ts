import assert from "node:assert/strict";
import { test } from "node:test";
import { constantValue } from "../../../../bpf/kernel/tracepoint/constant-expression.ts";

const ENUMERATORS = new Map([
  ["TCP_ESTABLISHED", 1n],
  ["TOP", 4n],
]);

const VALUES: readonly (readonly [text: string, value: bigint | undefined])[] = [
  ["7", 7n],
  ["0x1fUL", 31n],
  ["017", 15n],
  ["-110", -110n],
  ["(1 << 3) | 0x10", 24n],
  ["1 | 2 & 3 << 1", 3n],
  ["8 - 2 - 1", 5n],
  ["2 + 3 * 4 % 5", 4n],
  ["~0", -1n],
  ["( gfp_t)((((1UL))) << (3))", 8n],
  ["(u32) (~0U)", -1n],
  ["(TCP_ESTABLISHED)", 1n],
  ["((((1UL))) << (TOP))", 16n],
  ["(TOP) - 1", 3n],
  ["UNKNOWN", undefined],
  ["1 << 64", undefined],
  ["1 << -1", undefined],
  ["1 / 0", undefined],
  ["1 +", undefined],
  ["(1", undefined],
  ["1)", undefined],
  ["089", undefined],
  ["a ? b : c", undefined],
  ["", undefined],
];

for (const [text, value] of VALUES) {
  test(`"${text}" is ${value}`, () =>
    assert.equal(
      constantValue(text, (name) => ENUMERATORS.get(name)),
      value,
    ));
}
