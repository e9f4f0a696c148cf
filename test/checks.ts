import { execFile } from "node:child_process";

/** What can be said of the sources without running them. */
export interface Check {
  readonly name: string;
  /** a program below node_modules, or a test file, and its arguments */
  readonly command: readonly [string, ...string[]];
}

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly durationMs: number;
  readonly output: string;
}

export const checks: readonly Check[] = [
  { name: "types", command: ["node_modules/.bin/tsc"] },
  { name: "lint", command: ["node_modules/.bin/oxlint", "--type-aware", "--deny-warnings"] },
  { name: "format", command: ["node_modules/.bin/prettier", "--check", "--log-level=warn", "."] },
  { name: "architecture", command: [process.execPath, "--test", "test/architecture.test.ts"] },
];

/** Runs a check in the current folder, the checkout's. */
export function runCheck({ name, command: [program, ...args] }: Check): Promise<CheckResult> {
  const startedMs = performance.now();
  // A test below another test runner reports to that one and prints nothing, unless it does not know of it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(program, args, { env, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      const durationMs = performance.now() - startedMs;
      resolve({ name, passed: error === null, durationMs, output: stdout + stderr });
    });
  });
}
