import { join } from "node:path";
import { openRecordedKernel } from "../../bpf/kernel/recorded-kernel.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";

const recorded = openRecordedKernel(join(import.meta.dirname, "kernel", "linux-6.18"));

/**
 * A kernel for tests that need neither root nor a particular host: Linux 6.18 on x86-64 with four CPUs and every feature, some forty of
 * its tracepoints and the types that our rules walk. What it holds is listed in `kernel/record-fixture.ts`. `overrides` take the
 * place of single facts: `fixtureKernel({ has: () => false })`.
 */
export function fixtureKernel(overrides: Partial<Kernel> = {}): Kernel {
  return { ...recorded, ...overrides };
}
