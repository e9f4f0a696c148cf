import assert from "node:assert/strict";
import { test } from "node:test";
import { namePattern } from "../../../bpf/check/probes/name-pattern.ts";

test("a pattern matches the whole name, and * stands for any characters, also none", () => {
  const cases: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
    ["tcp_*", ["tcp_", "tcp_probe"], ["tcp", "xtcp_probe"]],
    ["*", ["", "a"], []],
    ["*_read", ["_read", "vfs_read"], ["vfs_reads"]],
    ["a*b*c", ["abc", "axbxc", "abcbc"], ["ab", "acb", "abcx"]],
    ["ab*ba", ["abba", "ab_ba"], ["aba"]],
    ["*a*a*", ["aa", "bab_a"], ["a", "b"]],
    ["a.c", ["a.c"], ["abc"]],
    ["**a", ["a", "ba"], ["b"]],
  ];
  for (const [pattern, yes, no] of cases) {
    const holds = namePattern(pattern);
    for (const name of yes) assert.ok(holds(name), `${pattern} ${name}`);
    for (const name of no) assert.ok(!holds(name), `${pattern} ${name}`);
  }
});

test("a pattern of thousands of stars is matched quickly", () => {
  const holds = namePattern("*a".repeat(30_000));
  assert.ok(!holds("a".repeat(29_999)));
  assert.ok(holds("a".repeat(30_000)));
});
