import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { suite, test } from "node:test";
import { findTestFiles } from "./test-files.ts";
import { testsOf, withoutSources } from "./tests-of-source.ts";

const sources = globSync(["{bpf,daemon,packaging}/**/*.ts", "packaging/**/*.mjs"], {
  exclude: ["**/node_modules/**", "**/dist/**", "**/*.test.ts"],
});

suite("the tests of a source file", () => {
  test("are in the test file of its name", () => {
    assert.deepEqual(testsOf("daemon/matchers/parse-matchers.ts"), ["test/daemon/matchers/parse-matchers.test.ts"]);
  });

  test("are those that the README of its folder names, if no test file has its name", () => {
    assert.deepEqual(testsOf("bpf/elf/string-table.ts"), ["test/bpf/elf"]);
  });

  test("are those of the nearest folder above that names some", () => {
    assert.deepEqual(testsOf("bpf/check/functions/str.ts"), testsOf("bpf/check/scope.ts"));
  });

  test("can be found for every source file", () => {
    assert.ok(sources.length > 500, `only ${sources.length} source files found`);
    const lost = sources.filter((source) => testsOf(source).length === 0);
    assert.deepEqual(lost, []);
  });

  test("exist", () => {
    const missing = [...new Set(sources.flatMap(testsOf))].filter((path) => !existsSync(path));
    assert.deepEqual(missing, []);
  });

  test("contain a test file each", () => {
    const { ordinary, kernel } = findTestFiles([]);
    const files = [...ordinary, ...kernel];
    const paths = [...new Set(sources.flatMap(testsOf))];
    const empty = paths.filter((path) => !files.some((file) => file.startsWith(path)));
    assert.deepEqual(empty, []);
  });
});

suite("patterns of npm test", () => {
  test("a source file stands for its tests, any other pattern for itself", () => {
    assert.deepEqual(withoutSources(["./daemon/matchers/parse-matchers.ts", "alert-state", "daemon/matchers"]), [
      "test/daemon/matchers/parse-matchers.test.ts",
      "alert-state",
      "daemon/matchers",
    ]);
  });

  test("a source file runs the test file of its name only", () => {
    const { ordinary, kernel } = findTestFiles(["daemon/matchers/parse-matchers.ts"]);
    assert.deepEqual([ordinary, kernel], [["test/daemon/matchers/parse-matchers.test.ts"], []]);
  });
});
