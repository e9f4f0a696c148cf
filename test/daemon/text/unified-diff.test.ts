import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { unifiedDiff } from "../../../daemon/text/unified-diff.ts";

/** The output of diff(1) for two texts, with our names. */
function diffOf(context: TestContext, a: string, b: string): string {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-diff-"));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "a"), a);
  writeFileSync(join(folder, "b"), b);
  const args = ["-u", "--label", "a", "--label", "b", join(folder, "a"), join(folder, "b")];
  const { stdout, error } = spawnSync("diff", args, { encoding: "utf8" });
  if (error !== undefined) throw error;
  return stdout;
}

const ours = (a: string, b: string): string => unifiedDiff({ name: "a", text: a }, { name: "b", text: b });
const numbers = (count: number): string => Array.from({ length: count }, (_, index) => `${index}\n`).join("");

const PAIRS: readonly (readonly [string, string])[] = [
  ["a\nb\nc\n", "a\nb\nc\n"],
  ["a\nb\nc\n", "a\nx\nc\n"],
  ["", "a\nb\n"],
  ["a\nb\n", ""],
  ["a", "a\n"],
  ["a\nb", "a\nc"],
  [numbers(40), numbers(40).replace("3\n", "three\n").replace("30\n", "")],
  [numbers(40), numbers(40).replace("10\n", "x\n").replace("17\n", "y\n")],
  [numbers(40), numbers(40).replace("10\n", "x\n").replace("18\n", "y\n")],
  [numbers(9), `first\n${numbers(9)}last\n`],
  ["a\nb\nc\nd\n", "x\ny\nz\n"],
];

test("differences are those of diff(1)", (context) => {
  for (const [a, b] of PAIRS) assert.equal(ours(a, b), diffOf(context, a, b));
});

/** Texts of few different lines have many common parts. */
function randomText(seed: number): string {
  let state = seed;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647);
  return Array.from({ length: next() % 60 }, () => `${next() % 6}\n`).join("");
}

test("differences of random texts make the one from the other, by patch(1)", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-patch-"));
  context.after(() => rmSync(folder, { recursive: true }));
  for (let seed = 1; seed <= 60; seed++) {
    const [a, b] = [randomText(seed), randomText(seed * 977)];
    if (a === b) continue;
    writeFileSync(join(folder, "a"), a);
    const args = ["--silent", "--output=-", join(folder, "a")];
    const { stdout, status } = spawnSync("patch", args, { encoding: "utf8", input: ours(a, b) });
    assert.deepEqual([status, stdout], [0, b], `seed ${seed}`);
  }
});

test("texts with many thousand different lines are compared in linear time", () => {
  const [a, b] = [numbers(200_000), numbers(200_000).replaceAll("\n", "!\n")];
  assert.equal(ours(a, b).split("\n").length, 400_004);
});
