import { execFile } from "node:child_process";
import type { Result } from "./run-test-file.ts";

/** What can be said of the sources without running them. */
export interface Check {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

export const checks: readonly Check[] = [
  { name: "types", program: "node_modules/.bin/tsc", args: [] },
  { name: "lint", program: "node_modules/.bin/oxlint", args: ["--type-aware", "--deny-warnings"] },
  { name: "format", program: "node_modules/.bin/prettier", args: ["--check", "--log-level=warn", "."] },
  { name: "architecture", program: process.execPath, args: ["--test", "test/architecture.test.ts"] },
];

/** Runs a check in the current folder, the checkout's. */
export function runCheck({ name, program, args }: Check): Promise<Result> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      const failures = error === null ? [] : [{ test: name, text: stdout + stderr || error.message }];
      const durationMs = performance.now() - startedMs;
      resolve({ name, durationMs, passed: 1 - failures.length, failures, skips: [], notes: [], output: "" });
    });
  });
}
