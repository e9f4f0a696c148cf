import { globSync } from "node:fs";
import { withoutSources } from "./tests-of-source.ts";

/** Test files in the order they are run in. */
export interface TestFiles {
  /** independent of each other */
  readonly ordinary: readonly string[];
  /** load into the one kernel that they share, so one at a time */
  readonly kernel: readonly string[];
}

/**
 * The test files that `npm run check` runs: an edit anywhere can break them, and they take seconds.
 */
export const CHECKED: readonly string[] = [
  "test/architecture.test.ts",
  "test/docs/pages.test.ts",
  "test/docs/reference.test.ts",
  "test/words/words.test.ts",
];

/**
 * Returns the test files of the checkout in the current folder whose path has one of the patterns.
 * @param patterns parts of paths, or source files, which stand for their tests
 */
export function findTestFiles(patterns: readonly string[]): TestFiles {
  const wanted = withoutSources(patterns);
  const files = globSync(["test/**/*.test.ts", "bpf/libbpf-ts/**/*.test.ts"], { exclude: ["**/node_modules/**"] })
    .filter((file) => !CHECKED.includes(file) && isAskedFor(file, wanted))
    .toSorted();
  return { ordinary: files.filter((file) => !sharesKernel(file)), kernel: files.filter(sharesKernel) };
}

/** True if a name or path holds one of the patterns; without patterns everything is asked for. */
export function isAskedFor(name: string, patterns: readonly string[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => name.includes(pattern));
}

function sharesKernel(file: string): boolean {
  return file.startsWith("test/kernel/") || file.startsWith("bpf/libbpf-ts/");
}
