import { wantsColor } from "../service/wants-color.ts";
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics, place } from "../../bpf/source/format-diagnostic.ts";
import { visible } from "../../bpf/source/visible.ts";
import { renderTemplate } from "../text/render.ts";
import { hasPassed, resultOf, type RuleTestResult } from "../ruletest/rule-test-result.ts";
import { type Clock, hostClock } from "../service/clock.ts";
import { jsonDiagnostic } from "./json-diagnostic.ts";
import { junitXml } from "./junit.ts";
import { sideBySide } from "./side-by-side.ts";
import { readTestFiles, type TestFile } from "./test-files.ts";
import { jsonLine } from "../text/json-line.ts";
import { errorText } from "../../bpf/source/error-text.ts";
import { fail } from "./host-trouble.ts";

interface TestOptions {
  readonly json?: boolean;
  readonly run?: string;
  readonly junit?: string;
}

/** `bpfwarden test PATH...`: runs rule tests, without root and without a kernel. */
export function addTest(program: Command): void {
  program
    .command("test")
    .description("run the tests of rules: those of NAME.yaml are in NAME.test.yaml")
    .argument("<path...>", "test files, rule files and folders")
    .option("--run <regex>", "run only tests whose name, RULE: TEST, matches")
    .option("--json", "print the results as JSON")
    .option("--junit <file>", "write the results as JUnit XML")
    .action(test);
}

/** A test result with its duration. */
interface Ran extends RuleTestResult {
  readonly path: string;
  readonly seconds: number;
}

function test(paths: readonly string[], { json, run, junit }: TestOptions): void {
  const pattern = patternOf(run);
  if (pattern === undefined) return;
  const files = readTestFiles(paths);
  const clock = hostClock();
  const ran = files.flatMap((file) => runFile(file, pattern, clock));
  const problems = [
    ...files.flatMap(({ diagnostics }) => diagnostics),
    ...ran.flatMap(({ diagnostics }) => diagnostics),
  ];
  if (junit !== undefined) writeFileSync(junit, junitXml(ran.map(junitCase)));
  if (json === true) console.log(jsonLine(jsonReport(ran, problems)));
  else report(ran, problems);
  process.exitCode = ran.length > 0 && problems.length === 0 && ran.every(hasPassed) ? 0 : 1;
}

/** Parses --run. Prints an error and returns undefined if it is not a regular expression. */
function patternOf(text = ""): RegExp | undefined {
  try {
    return new RegExp(text, "u");
  } catch (error) {
    fail(`--run: ${errorText(error)}`, 2);
    return undefined;
  }
}

function runFile({ path, tests, rules }: TestFile, pattern: RegExp, clock: Clock): readonly Ran[] {
  return tests.flatMap((each): readonly Ran[] => {
    const before = clock.bootMs();
    const named = each.rule?.text ?? (rules.length === 1 ? rules[0]?.name.text : undefined);
    if (!pattern.test(`${named ?? ""}: ${each.name.text}`)) return [];
    const result = resultOf(each, rules, renderTemplate);
    return [{ ...result, path, seconds: (clock.bootMs() - before) / 1000 }];
  });
}

function titleOf({ rule, test: { name, rule: wanted } }: RuleTestResult): string {
  return visible(`${rule?.name.text ?? wanted?.text ?? "?"}: ${name.text}`);
}

/** Prints failures, with expected and actual side by side, and the number of passed tests. */
function report(ran: readonly Ran[], problems: readonly Diagnostic[]): void {
  const color = wantsColor(process.stdout);
  if (problems.length > 0) console.error(formatDiagnostics(problems, { color: wantsColor(process.stderr) }));
  const failed = ran.filter((each) => !hasPassed(each));
  for (const each of failed) if (each.comparisons.length > 0) console.log(`${failureText(each, color)}\n`);
  const passed = ran.length - failed.length;
  console.log(
    ran.length === 0 ? "no test found" : `${passed} of ${ran.length} ${ran.length === 1 ? "test" : "tests"} passed`,
  );
}

function failureText(result: RuleTestResult, color = false): string {
  const failed = result.comparisons.filter(({ passed }) => !passed);
  const width = color ? process.stdout.columns || 120 : 120;
  const tables = failed.map((comparison) => sideBySide(comparison, { width, color }));
  return [`${place(result.test.name.span)}: FAILED ${titleOf(result)}`, ...tables].join("\n");
}

function junitCase(result: Ran): Parameters<typeof junitXml>[0][number] {
  const { path, seconds } = result;
  const name = titleOf(result);
  if (hasPassed(result)) return { suite: path, name, seconds };
  const failure = result.diagnostics.length > 0 ? formatDiagnostics(result.diagnostics) : failureText(result);
  return { suite: path, name, seconds, failure };
}

function jsonReport(ran: readonly Ran[], problems: readonly Diagnostic[]): object {
  return {
    passed: ran.filter(hasPassed).length,
    failed: ran.filter((each) => !hasPassed(each)).length,
    tests: ran.map((each) => ({
      path: each.path,
      rule: each.rule?.name.text ?? null,
      test: each.test.name.text,
      passed: hasPassed(each),
      seconds: each.seconds,
      differences: each.comparisons
        .filter(({ passed }) => !passed)
        .map(({ what, lines }) => ({
          what,
          lines: lines
            .filter(({ same }) => !same)
            .map(({ expected, actual }) => ({ expected: expected ?? null, actual: actual ?? null })),
        })),
    })),
    problems: problems.map(jsonDiagnostic),
  };
}
