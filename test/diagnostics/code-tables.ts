import { CHECK_CODES, type CheckCode } from "../../bpf/check/codes.ts";
import { SYNTAX_CODES } from "../../bpf/language/codes.ts";
import { LOAD_CODES, type LoadCode } from "../../bpf/load/codes.ts";
import { FORMULA_CODES } from "../../daemon/evaluate/formula/codes.ts";
import { MATCHER_CODES } from "../../daemon/matchers/codes.ts";
import { PROMQL_CODES, type PromqlCode } from "../../daemon/promql/codes.ts";
import { FILE_CODES, type FileCode, RULE_CODES } from "../../daemon/rules/codes.ts";
import { SETTINGS_CODES, type SettingsCode } from "../../daemon/settings/values/codes.ts";
import { TEST_CODES, type TestCode } from "../../daemon/ruletest/codes.ts";
import { YAML_CODES } from "../../daemon/yaml/codes.ts";

/**
 * The codes of every stage, in the order in which a file goes through them: each must have a case,
 * or be in `TESTED_ELSEWHERE`.
 */
export const CODE_TABLES: readonly Readonly<Record<string, string>>[] = [
  FILE_CODES,
  YAML_CODES,
  SETTINGS_CODES,
  MATCHER_CODES,
  RULE_CODES,
  SYNTAX_CODES,
  CHECK_CODES,
  FORMULA_CODES,
  LOAD_CODES,
  PROMQL_CODES,
  TEST_CODES,
];

/** Codes that no file can bring about, and the test that does, under `test/`. */
export const TESTED_ELSEWHERE: ReadonlyMap<string, string> = new Map<
  LoadCode | CheckCode | TestCode | SettingsCode | FileCode | PromqlCode,
  string
>([
  ["no-rules", "daemon/cli/check.test.ts"],
  ["unknown-host", "daemon/cli/check-configuration.test.ts"],
  ["not-in-promql", "daemon/promql/rule-group.test.ts"],
  ["left-out", "bpf/check/missing-function.test.ts"],
  ["ambiguous-type", "bpf/check/same-name.test.ts"],
  ["no-rule-file", "daemon/ruletest/rule-tests.test.ts"],
  // the rules stage has asked for an aggregate or an event by then, with `missing-key`
  ["nothing-to-do", "bpf/check/diagnostics.test.ts"],
  ["verifier-rejected", "kernel/load/refusals.test.ts"],
  ["over-memory", "kernel/load/refusals.test.ts"],
  ["load-failed", "kernel/load/refusals.test.ts"],
  ["internal-error", "kernel/load/refusals.test.ts"],
]);
