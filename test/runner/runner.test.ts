import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { inParallel } from "./in-parallel.ts";
import { isGood, reportOf, summaryOf, totalsOf } from "./report.ts";
import { runTestFile } from "./run-test-file.ts";
import { secondTriesOf, secondTry } from "./second-try.ts";
import type { Result } from "./tally.ts";

const folder = mkdtempSync(join(tmpdir(), "bpfwarden-runner-"));
after(() => rmSync(folder, { recursive: true }));

async function run(text: string): Promise<Result> {
  const file = join(folder, "sample.test.mjs");
  writeFileSync(file, `import { before, suite, test } from "node:test";\n${text}`);
  // This process already runs under a test runner. The inner runner must not see it.
  const { NODE_TEST_CONTEXT: context } = process.env;
  delete process.env["NODE_TEST_CONTEXT"];
  try {
    return await runTestFile(file);
  } finally {
    if (context !== undefined) process.env["NODE_TEST_CONTEXT"] = context;
  }
}

suite("running a test file", () => {
  test("counts tests, not suites", async () => {
    const result = await run(`suite("s", () => { test("a", () => {}); test("b", () => {}); });`);
    assert.deepEqual(totalsOf([result]), { passed: 2, failed: 0, skipped: 0, elsewhere: 0 });
  });

  test("gives a failing test's whole name and error, once", async () => {
    const result = await run(`suite("s", () => { test("a", () => { throw new Error("boom"); }); });`);
    assert.equal(result.failures.length, 1);
    assert.equal(result.failures[0]?.test, "s > a");
    assert.match(reportOf(result), /FAILED .*\n  failed: s > a\n    Error: boom/);
  });

  test("gives the reason of a skip", async () => {
    const result = await run(`test("a", { skip: "needs root" }, () => {}); suite("s", { skip: "too" }, () => {});`);
    assert.deepEqual(result.skips, [
      { test: "a", text: "needs root" },
      { test: "s", text: "too" },
    ]);
  });

  test("leaves tests to other machines by the kept list only", async () => {
    const { skips, elsewhere } = await run(
      `for (const skip of ["elsewhere: hardware_counters: needs them", "elsewhere: luck: needs it", "no root"])
         test(skip, { skip }, () => {});`,
    );
    assert.deepEqual(
      elsewhere.map(({ test: name }) => name),
      ["elsewhere: hardware_counters: needs them"],
    );
    assert.deepEqual(
      skips.map(({ test: name }) => name),
      ["elsewhere: luck: needs it", "no root"],
    );
  });

  const broken: Readonly<Record<string, string>> = {
    "a file without a test": "",
    "a file that throws": `test("a", () => {}); throw new Error("boom");`,
    "a process that ends early": `test("a", () => {}); test("b", () => process.exit(0)); test("c", () => {});`,
    "a hook that fails": `suite("s", () => { before(() => { throw new Error("boom"); }); test("a", () => {}); });`,
  };
  for (const [name, text] of Object.entries(broken)) {
    test(`counts ${name} as a failure`, async () => {
      const { failures } = await run(text);
      assert.ok(failures.length > 0);
    });
  }
});

suite("a run", () => {
  test("ends with its sums", () => {
    const totals = { passed: 3, failed: 1, skipped: 2, elsewhere: 4 };
    assert.equal(summaryOf(totals), "3 passed, 1 failed, 2 skipped, 4 elsewhere");
  });

  test("is good without failures, in continuous integration also without skips", () => {
    assert.equal(isGood({ passed: 3, failed: 0, skipped: 2, elsewhere: 0 }, false), true);
    assert.equal(isGood({ passed: 3, failed: 0, skipped: 2, elsewhere: 0 }, true), false);
    assert.equal(isGood({ passed: 3, failed: 0, skipped: 0, elsewhere: 0 }, true), true);
    assert.equal(isGood({ passed: 0, failed: 0, skipped: 2, elsewhere: 0 }, false), true);
    assert.equal(isGood({ passed: 3, failed: 1, skipped: 0, elsewhere: 0 }, false), false);
    assert.equal(isGood({ passed: 0, failed: 0, skipped: 0, elsewhere: 0 }, false), false);
    assert.equal(isGood({ passed: 0, failed: 0, skipped: 0, elsewhere: 1 }, true), true);
  });
});

suite("a second try", () => {
  const result = (name: string, ...failed: readonly string[]): Result => ({
    ...{ name, durationMs: 1, passed: 1, skips: [], elsewhere: [], notes: [], output: "" },
    failures: failed.map((each) => ({ test: each, text: "boom" })),
  });

  test("takes the place of a first one that failed, and is named", async () => {
    const tried = await secondTry([result("a.test.ts"), result("b.test.ts", "x", "y")], async (files) => {
      assert.deepEqual(files, ["b.test.ts"]);
      return [result("b.test.ts")];
    });
    assert.deepEqual(
      tried.map(({ name, failures }) => [name, failures.length]),
      [
        ["a.test.ts", 0],
        ["b.test.ts", 0],
      ],
    );
    assert.equal(secondTriesOf(tried), "good at the second try only: b.test.ts (x; y)");
  });

  test("that fails too is a failure", async () => {
    const tried = await secondTry([result("a.test.ts", "x")], async () => [result("a.test.ts", "z")]);
    assert.deepEqual(totalsOf(tried).failed, 1);
    assert.equal(secondTriesOf(tried), undefined);
  });

  test("is not made for checks, nor if many files failed", async () => {
    const many = Array.from({ length: 7 }, (_, index) => result(`${index}.test.ts`, "x"));
    for (const results of [[result("lint", "lint")], many])
      assert.equal(await secondTry(results, () => Promise.reject(new Error("not again"))), results);
  });
});

test("work in parallel keeps to its limit and its order", async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
    return item * 10;
  });
  assert.deepEqual(results, [10, 20, 30, 40, 50]);
  assert.equal(most, 2);
});
