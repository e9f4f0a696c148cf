import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { test } from "node:test";
import { readTestFiles, rulesWithoutTests } from "../../../daemon/cli/test-files.ts";
import { renderTemplate } from "../../../daemon/text/render.ts";
import { hasPassed, resultOf } from "../../../daemon/ruletest/rule-test-result.ts";

const RULES = join(import.meta.dirname, "../../../rules.d");

test("each shipped rule has tests beside it", () => {
  assert.deepEqual(
    rulesWithoutTests(RULES).map((path) => relative(RULES, path)),
    [],
  );
});

for (const { path, tests, rules, diagnostics } of readTestFiles([RULES])) {
  test(`the tests of ${relative(RULES, path)} pass`, () => {
    assert.deepEqual(diagnostics, []);
    assert.ok(tests.length > 0);
    const failed = tests.map((each) => resultOf(each, rules, renderTemplate)).filter((result) => !hasPassed(result));
    assert.deepEqual(
      failed.map(({ test: { name }, comparisons, diagnostics: found }) => [name.text, comparisons, found]),
      [],
    );
  });
}
