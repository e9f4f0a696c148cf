import type { Kernel } from "../../bpf/kernel/kernel.ts";
import { openRecordedKernel } from "../../bpf/kernel/recorded-kernel.ts";
import { openKernel } from "../../bpf/load/open-kernel.ts";

/**
 * Opens the kernel of `--kernel FOLDER`, or the running one. Throws KernelFactsError if the folder
 * has no kernel.
 */
export function openKernelOf(folder: string | undefined): Kernel {
  return folder === undefined ? openKernel() : openRecordedKernel(folder);
}
