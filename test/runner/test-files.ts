import { globSync } from "node:fs";

/** Test files in the order they are run in. */
export interface TestFiles {
  /** independent of each other */
  readonly ordinary: readonly string[];
  /** load into the one kernel that they share, so one at a time */
  readonly kernel: readonly string[];
}

/** `npm run check` has run it already. */
const CHECKED = "test/architecture.test.ts";

/** All test files of the checkout in the current folder whose path holds `pattern`. */
export function findTestFiles(pattern: string): TestFiles {
  const files = globSync(["test/**/*.test.ts", "bpf/libbpf-ts/**/*.test.ts"], { exclude: ["**/node_modules/**"] })
    .filter((file) => file !== CHECKED && file.includes(pattern))
    .toSorted();
  return { ordinary: files.filter((file) => !sharesKernel(file)), kernel: files.filter(sharesKernel) };
}

function sharesKernel(file: string): boolean {
  return file.startsWith("test/kernel/") || file.startsWith("bpf/libbpf-ts/");
}
