import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { TestCode } from "../ruletest/codes.ts";
import { readRuleTests } from "../ruletest/read-rule-tests.ts";
import type { RuleTest } from "../ruletest/rule-test.ts";
import { isDropInFolder, isRuleFileName } from "../rules/list-rule-files.ts";
import { readRuleFile } from "../rules/read-rule-file.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { isMissing, readSafeFile } from "../rules/safe-file.ts";
import { currentTrust } from "../rules/trust.ts";
import { fileDiagnostic } from "../yaml/decode-source.ts";
import { DEFAULTS } from "./read-paths.ts";

/** A test file with the rules of its rule file. */
export interface TestFile {
  readonly path: string;
  readonly tests: readonly RuleTest[];
  readonly rules: readonly RuleSyntax[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads the test files of the command line's paths: test files, rule files with tests in the same
 * folder, and folders with their subfolders.
 */
export function readTestFiles(paths: readonly string[]): readonly TestFile[] {
  const tests = paths.flatMap((path) => (isFolder(path) ? testsBelow(path) : [testPathOf(path)]));
  return [...new Set(tests)].map(readTestFile);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
const TEST_NAME = /\.test(\.ya?ml)$/;
const testPathOf = (path: string): string => (TEST_NAME.test(path) ? path : path.replace(/(\.ya?ml)$/, ".test$1"));

function testsBelow(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /^[^.].*\.test\.ya?ml$/.test(entry.name));
  return files.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
}

/** Returns the rule files of a folder and its subfolders that have no test file. */
export function rulesWithoutTests(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const rules = entries.filter(
    (entry) => entry.isFile() && isRuleFileName(entry.name) && !isDropInFolder(entry.parentPath),
  );
  const paths = rules.map(({ parentPath, name }) => join(parentPath, name));
  return paths.filter((path) => isMissing(testPathOf(path))).toSorted();
}

function readTestFile(path: string): TestFile {
  if (isMissing(path)) return { path, tests: [], rules: [], diagnostics: [noFile(path, "the file has no tests")] };
  const source = readSafeFile(path, currentTrust());
  if (source.result === undefined) return { path, tests: [], rules: [], diagnostics: source.diagnostics };
  const { tests, diagnostics } = readRuleTests(source.result);
  const rulePath = path.replace(TEST_NAME, "$1");
  if (isMissing(rulePath)) {
    return {
      path,
      tests: [],
      rules: [],
      diagnostics: [...diagnostics, noFile(path, `the rule file "${rulePath}" does not exist`)],
    };
  }
  const rules = readRuleFile(rulePath, DEFAULTS);
  const all = [...rules.rules, ...rules.disabled.map(({ rule }) => rule)];
  return { path, tests, rules: all, diagnostics: [...diagnostics, ...rules.diagnostics] };
}

function noFile(path: string, message: string): Diagnostic {
  const code: TestCode = "no-rule-file";
  return fileDiagnostic(path, code, message, "the tests of NAME.yaml are in NAME.test.yaml");
}
