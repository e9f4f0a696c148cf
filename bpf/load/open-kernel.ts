import { opensSampling, probeFeature } from "libbpf-ts";
import { openHostKernel } from "../kernel/host-kernel.ts";
import type { Kernel } from "../kernel/kernel.ts";

/** Facts about the running host, with features found by trying them on it. */
export function openKernel(): Kernel {
  return openHostKernel({ has: probeFeature, counts: opensSampling });
}
