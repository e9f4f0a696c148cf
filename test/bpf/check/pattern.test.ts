import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGlob } from "../../../bpf/check/glob.ts";
import { containing, endingIn, matches, type Pattern } from "../../../bpf/check/pattern.ts";

function globbed(glob: string, text: string): boolean {
  const pattern = parseGlob(glob);
  assert.ok(!("message" in pattern), glob);
  return matchesText(pattern, text);
}

/** The NUL, and what may stand behind it in memory. */
function matchesText(pattern: Pattern, text: string): boolean {
  return matches(pattern, new TextEncoder().encode(`${text}\0rubbish`));
}

const GLOBS: readonly (readonly [glob: string, matching: readonly string[], others: readonly string[]])[] = [
  ["", [""], ["a"]],
  ["*", ["", "a", "a/b"], []],
  ["a*c", ["ac", "abc", "a/b/c", "acc"], ["a", "c", "acd", "bac"]],
  ["*.so*", ["x.so", "x.so.6", ".so"], ["x.s", "so"]],
  ["a**b", ["ab", "axb"], ["a"]],
  ["?", ["a", "é", "€", "🎉"], ["", "ab", "éa"]],
  ["[a-c]x", ["ax", "cx"], ["dx", "x", "aax"]],
  ["[!a-c]", ["d", "é"], ["a", ""]],
  ["[^a]", ["b"], ["a"]],
  ["[]]", ["]"], ["a"]],
  ["[a-]", ["a", "-"], ["b"]],
  ["\\*\\?\\[", ["*?["], ["abc"]],
  ["é*", ["é", "éa"], ["e"]],
  ["a*b*a", ["aba", "abba", "axbxa", "ababa"], ["ab", "aa"]],
];
for (const [glob, matching, others] of GLOBS) {
  test(`glob ${glob}`, () => {
    for (const text of matching) assert.equal(globbed(glob, text), true, text);
    for (const text of others) assert.equal(globbed(glob, text), false, text);
  });
}

test("a text anywhere, and at the end", () => {
  const text = "rubbish".repeat(8);
  for (const [whole, part] of [
    ["abcabd", "abd"],
    [`x${text}y`, text],
    ["é", "\u00e9"],
    ["a", ""],
  ] as const) {
    assert.equal(matchesText(containing(part), whole), true, part);
    assert.equal(matchesText(containing(part), whole.slice(0, -1)), part === "" || whole.slice(0, -1).includes(part));
    assert.equal(matchesText(endingIn(part), whole), whole.endsWith(part), part);
    assert.equal(matchesText(endingIn(part), `${whole}z`), part === "");
  }
});

test("bytes after the NUL do not belong to a string", () => {
  assert.equal(matchesText(containing("rubbish"), "a"), false);
  assert.equal(globbed("a?rubbish", "a"), false);
  assert.equal(globbed("a[!x]*", "a"), false);
});
