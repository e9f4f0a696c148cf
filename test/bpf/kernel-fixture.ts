import { join } from "node:path";
import { openRecordedKernel } from "../../bpf/kernel/recorded-kernel.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";

const recorded = openRecordedKernel(join(import.meta.dirname, "kernel", "linux-6.18"));

/**
 * A kernel for tests that need neither root nor a particular host: Linux 6.18 on x86-64 with four
 * CPUs and every feature, some forty of its tracepoints and the types that our rules walk. What it
 * holds is listed in `kernel/record-fixture.ts`. `overrides` take the place of single facts:
 * `fixtureKernel({ has: () => false })`.
 */
export function fixtureKernel(overrides: Partial<Kernel> = {}): Kernel {
  return { ...recorded, ...overrides };
}

/**
 * A kernel that does not describe the arguments of tracepoints, so that all fields are read from
 * records.
 */
export function onlyRecords(kernel: Kernel): Kernel {
  const { btf } = kernel;
  return {
    ...kernel,
    btf: {
      typeCount: btf.typeCount,
      type: (id) => btf.type(id),
      find: (kind, name) => (name.startsWith("btf_trace_") ? undefined : btf.find(kind, name)),
      findAll: (kind, name) => btf.findAll(kind, name),
      enumerator: (name) => btf.enumerator(name),
      enumerators: (name) => btf.enumerators(name),
      enumeratorNames: () => btf.enumeratorNames(),
      cpuVariableOffset: (name) => btf.cpuVariableOffset(name),
      names: (kind) => btf.names(kind),
    },
  };
}
