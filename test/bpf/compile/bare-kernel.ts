import type { Kernel, KernelFeature } from "../../../bpf/kernel/kernel.ts";

/**
 * A kernel with all features, or all but some, and no facts: what the compiler needs, for the
 * checker has looked up the rest.
 */
export function bareKernel(...missing: readonly KernelFeature[]): Kernel {
  const none = (): never => {
    throw new Error("the compiler asks for no facts");
  };
  return {
    release: "6.18.0",
    architecture: "x86_64",
    possibleCpus: 2,
    pageBytes: 4096,
    btf: {
      typeCount: 0,
      type: none,
      find: () => undefined,
      findAll: () => [],
      enumerator: none,
      enumerators: none,
      enumeratorNames: none,
      cpuVariableOffset: none,
      names: none,
    },
    has: (feature) => !missing.includes(feature),
    tracepoint: none,
    tracepoints: none,
    symbolAddress: none,
    functions: none,
    moduleBtf: none,
    elf: none,
    counts: none,
  };
}
