import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runInTurn } from "./run-in-turn.ts";
import type { Result } from "./tally.ts";

const folder = mkdtempSync(join(tmpdir(), "bpfwarden-in-turn-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs files of these texts, and gives the results with the files' names alone. */
async function run(texts: Readonly<Record<string, string>>): Promise<readonly Result[]> {
  const files = Object.keys(texts).map((name) => join(folder, `${name}.test.mjs`));
  for (const [index, text] of Object.values(texts).entries())
    writeFileSync(files[index] ?? "", `import { suite, test } from "node:test";\n${text}`);
  // This process already runs under a test runner. The inner runner must not see it.
  const { NODE_TEST_CONTEXT: context } = process.env;
  delete process.env["NODE_TEST_CONTEXT"];
  try {
    const shown: Result[] = [];
    const results = await runInTurn(files, (result) => void shown.push(result));
    assert.deepEqual(shown, results);
    return results.map((result) => ({ ...result, name: result.name.slice(folder.length + 1, -".test.mjs".length) }));
  } finally {
    if (context !== undefined) process.env["NODE_TEST_CONTEXT"] = context;
  }
}

test("each file has a result of its own, in one process", async () => {
  const results = await run({
    first: `globalThis.seen = process.pid; suite("s", () => { test("a", () => {}); test("b", () => { throw new Error("boom"); }); });`,
    second: `test("c", { skip: "no root" }, () => {}); test("d", { skip: "elsewhere: kprobe: needs them" }, () => {});`,
    third: `test("same process", () => { if (globalThis.seen !== process.pid) throw new Error("another"); });`,
  });
  assert.deepEqual(
    results.map(({ name, passed, failures, skips, elsewhere }) => [
      name,
      passed,
      ...[failures, skips, elsewhere].map((findings) => findings.map((each) => each.test)),
    ]),
    [
      ["first", 1, ["s > b"], [], []],
      ["second", 0, [], ["c"], ["d"]],
      ["third", 1, [], [], []],
    ],
  );
});

test("a test begins after its file has been loaded completely", async () => {
  const [result] = await run({ late: `test("a", () => { if (later !== 1) throw new Error(); }); const later = 1;` });
  assert.deepEqual([result?.passed, result?.failures], [1, []]);
});

const broken: Readonly<Record<string, string>> = {
  "a file without a test": "",
  "a file that throws": `test("a", () => {}); throw new Error("boom");`,
  "a process that ends early": `test("a", () => {}); test("b", () => process.exit(0)); test("c", () => {});`,
};
for (const [name, text] of Object.entries(broken)) {
  test(`counts ${name} as a failure`, async () => {
    const results = await run({ broken: text, after: `test("a", () => {});` });
    assert.deepEqual(
      results.map((result) => result.name),
      ["broken", "after"],
    );
    assert.ok((results[0]?.failures.length ?? 0) > 0);
  });
}

test("a child that a test leaves behind does not keep the process", async () => {
  const left = `import { spawn } from "node:child_process"; test("a", () => void spawn("sh", ["-c", "read line"]));`;
  const results = await run({ left, after: `test("b", () => {});` });
  assert.deepEqual(
    results.map(({ passed, failures }) => [passed, failures.length]),
    [
      [1, 0],
      [1, 0],
    ],
  );
});
