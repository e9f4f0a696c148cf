import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { renderTemplate } from "../../daemon/text/render.ts";
import { readRules } from "../../daemon/rules/read-rules.ts";
import { readRuleTests } from "../../daemon/ruletest/read-rule-tests.ts";
import { resultOf } from "../../daemon/ruletest/rule-test-result.ts";
import { readSettings } from "../../daemon/settings/read-settings.ts";
import { SETTINGS_EXAMPLES, TEST_EXAMPLES, UNKNOWN_EXAMPLES } from "./examples.ts";

const DEFAULTS = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 1 << 20 };

// The pages name this variable of the environment in a label.
process.env["REGION"] = "eu-1";

describe("examples of the pages", () => {
  for (const { page, line, text, rule } of TEST_EXAMPLES) {
    test(`${page}:${line} is a test that passes`, () => {
      const { tests, diagnostics } = readRuleTests({ path: page, text });
      const { rules } = readRules({ path: page, text: rule }, DEFAULTS);
      assert.equal(formatDiagnostics(diagnostics), "");
      for (const each of tests) {
        const result = resultOf(each, rules, renderTemplate);
        assert.equal(formatDiagnostics(result.diagnostics), "");
        assert.deepEqual(
          result.comparisons.filter(({ passed }) => !passed),
          [],
        );
      }
    });
  }

  for (const { page, line, text } of SETTINGS_EXAMPLES) {
    test(`${page}:${line} are settings`, () => {
      const { diagnostics } = readSettings({ path: page, text }, "/etc/bpfwarden", "host");
      assert.equal(formatDiagnostics(diagnostics), "");
    });
  }

  test("all examples have a known kind", () => {
    assert.ok(TEST_EXAMPLES.length > 2 && SETTINGS_EXAMPLES.length > 1);
    assert.deepEqual(UNKNOWN_EXAMPLES, []);
  });
});
