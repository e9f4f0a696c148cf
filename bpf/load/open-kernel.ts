import { asksSecurityPrograms, attachesTrampoline, type Feature, opensSampling, probeFeature } from "libbpf-ts";
import { type HostKernelOptions, openHostKernel } from "../kernel/host-kernel.ts";
import type { Kernel, KernelFeature } from "../kernel/kernel.ts";

/** Returns the facts about the running host, with features found by trying them on it. */
export function openKernel(options: Pick<HostKernelOptions, "letsGoOfTypes"> = {}): Kernel {
  const kernel: Kernel = openHostKernel({
    ...options,
    has: (feature) =>
      feature in BY_TYPES ? BY_TYPES[feature as TypedFeature](kernel) : probeFeature(feature as Feature),
    counts: opensSampling,
  });
  return kernel;
}

type TypedFeature = Exclude<KernelFeature, Feature>;

/** The features that are tried on a function of the kernel, which its types name. */
const BY_TYPES: Readonly<Record<TypedFeature, (kernel: Kernel) => boolean>> = {
  fentry: hasTrampolines,
  lsm: hasSecurityPrograms,
};

/**
 * True if a trampoline can be attached. It is tried on a function that exists to be probed in tests
 * (net/bpf/test_run.c), and that nothing else calls.
 */
function hasTrampolines(kernel: Kernel): boolean {
  const id = kernel.btf.find("function", "bpf_fentry_test1");
  return id !== undefined && attachesTrampoline(id);
}

function hasSecurityPrograms(kernel: Kernel): boolean {
  const id = kernel.btf.find("function", "bpf_lsm_bpf");
  return id !== undefined && asksSecurityPrograms(id);
}
