import { execFile } from "node:child_process";
import { runTestFile } from "./run-test-file.ts";
import type { Result } from "./tally.ts";
import { CHECKED } from "./test-files.ts";

/** A check of the sources that does not run them. */
export interface Check {
  readonly name: string;
  /** Runs it in the current folder, the checkout's. */
  readonly run: () => Promise<Result>;
}

export const checks: readonly Check[] = [
  program("types", "node_modules/.bin/tsc"),
  program("types of the page", "node_modules/.bin/tsc", "-p", "daemon/page/browser"),
  program("lint", "node_modules/.bin/oxlint", "--type-aware", "--deny-warnings"),
  program(
    "format",
    "node_modules/.bin/prettier",
    "--check",
    "--cache",
    "--cache-strategy=content",
    "--log-level=warn",
    ".",
  ),
  program(
    "spelling",
    "node_modules/.bin/cspell",
    "--no-progress",
    "--no-summary",
    "--cache",
    "--cache-strategy=content",
    "--cache-location=node_modules/.cache/cspell",
  ),
  ...CHECKED.map((name) => ({ name, run: () => runTestFile(name) })),
];

function program(name: string, path: string, ...args: readonly string[]): Check {
  return { name, run: () => runProgram(name, path, args) };
}

function runProgram(name: string, path: string, args: readonly string[]): Promise<Result> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    execFile(path, args, { maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      const failures = error === null ? [] : [{ test: name, text: stdout + stderr || error.message }];
      const durationMs = performance.now() - startedMs;
      resolve({
        name,
        durationMs,
        passed: 1 - failures.length,
        failures,
        skips: [],
        elsewhere: [],
        notes: [],
        output: "",
      });
    });
  });
}
