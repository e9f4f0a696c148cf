import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Source } from "../../bpf/source/source.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { buildRule, checkFaultyRule } from "../../daemon/run/build-rule.ts";
import { checkActions } from "../../daemon/rules/check-actions.ts";
import type { RuleDefaults } from "../../daemon/rules/build-rule-syntax.ts";
import { readRules } from "../../daemon/rules/read-rules.ts";
import { readSettings } from "../../daemon/settings/read-settings.ts";
import { readRuleTests } from "../../daemon/ruletest/read-rule-tests.ts";
import { resultOf } from "../../daemon/ruletest/rule-test-result.ts";
import { decodeSource } from "../../daemon/yaml/decode-source.ts";
import { fixtureKernel } from "../bpf/kernel-fixture.ts";

export const DEFAULTS: RuleDefaults = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 1024 * 1024 };

const kernel = fixtureKernel();

/**
 * Returns all diagnostics of the front end for one file: those of `bpfwarden check` before anything
 * is loaded, on the kernel of `kernel-fixture.ts`. The folder gives the kind of the file; paths in
 * the result are `FOLDER/NAME`.
 */
export function checkFile(path: string): readonly Diagnostic[] {
  const folder = basename(dirname(path));
  const decoded = decodeSource(join(folder, basename(path)), readFileSync(path));
  if (decoded.result === undefined) return decoded.diagnostics;
  if (folder === "settings") return readSettings(decoded.result, "/etc/bpfwarden", "host.example.org").diagnostics;
  if (folder === "tests") return checkTests(decoded.result);
  const { rules, faulty, diagnostics } = readRules(decoded.result, DEFAULTS);
  const settings = readSettings(undefined, "/etc/bpfwarden", "host.example.org").result;
  return [
    ...diagnostics,
    ...(settings === undefined ? [] : checkActions(rules, settings)),
    ...rules.flatMap((rule) => buildRule(rule, kernel).diagnostics),
    ...faulty.flatMap((rule) => checkFaultyRule(rule, kernel).diagnostics),
  ];
}

const RULE = `rule: calls
probe: tracepoint:syscalls:sys_exit_openat
filter: args.ret < 0 or uid == 0
by: {comm: comm}
aggregate: {calls: count()}
threshold: calls > 1
`;

/** Returns all diagnostics of tests of the rule RULE that cannot be run. */
function checkTests(source: Source): readonly Diagnostic[] {
  const { rules } = readRules({ path: "calls.yaml", text: RULE }, DEFAULTS);
  const { tests, diagnostics } = readRuleTests(source);
  return [...diagnostics, ...tests.flatMap((each) => resultOf(each, rules, (text) => text).diagnostics)];
}
