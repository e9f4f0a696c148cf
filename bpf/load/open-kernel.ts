import { attachesTrampoline, opensSampling, probeFeature } from "libbpf-ts";
import { type HostKernelOptions, openHostKernel } from "../kernel/host-kernel.ts";
import type { Kernel } from "../kernel/kernel.ts";

/** Returns the facts about the running host, with features found by trying them on it. */
export function openKernel(options: Pick<HostKernelOptions, "letsGoOfTypes"> = {}): Kernel {
  const kernel: Kernel = openHostKernel({
    ...options,
    has: (feature) => (feature === "fentry" ? hasTrampolines(kernel) : probeFeature(feature)),
    counts: opensSampling,
  });
  return kernel;
}

/**
 * True if a trampoline can be attached. It is tried on a function that exists to be probed in tests
 * (net/bpf/test_run.c), and that nothing else calls.
 */
function hasTrampolines(kernel: Kernel): boolean {
  const id = kernel.btf.find("function", "bpf_fentry_test1");
  return id !== undefined && attachesTrampoline(id);
}
