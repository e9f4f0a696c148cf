import type { Kernel } from "../../bpf/kernel/kernel.ts";
import { openRecordedKernel } from "../../bpf/kernel/recorded-kernel.ts";
import { openKernel } from "../../bpf/load/open-kernel.ts";

/** The kernel of `--kernel FOLDER`, or the running one. Throws KernelFactsError where the folder holds none. */
export function openKernelOf(folder: string | undefined): Kernel {
  return folder === undefined ? openKernel() : openRecordedKernel(folder);
}
