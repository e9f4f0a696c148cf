import { type TestContext, test } from "node:test";
import { hostProblems } from "../../packaging/setup/host-check.mjs";
import { hostFacts } from "../../packaging/setup/host-facts.mjs";

/**
 * For the `skip` option of tests and suites that load programs into the kernel: why they cannot run
 * here, or false where they can.
 */
export const skipWithoutBpf: string | false = hostProblems(hostFacts()).join("; ") || false;

/** A test that loads programs into the kernel: skipped, with the reason, where that is not possible. */
export function kernelTest(name: string, body: (context: TestContext) => void | Promise<void>): void {
  void test(name, { skip: skipWithoutBpf }, body);
}
