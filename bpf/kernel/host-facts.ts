import { readFileSync } from "node:fs";
import { KernelFactsError } from "./kernel-facts-error.ts";
import type { Architecture } from "./kernel.ts";
import { errorText } from "../source/error-text.ts";

const ARCHITECTURES: Readonly<Record<string, Architecture>> = { x64: "x86_64", arm64: "aarch64" };

/**
 * Returns the architecture by Node's name for it. Throws KernelFactsError for an architecture whose
 * registers are not known here.
 */
export function architectureOf(nodeArchitecture: string): Architecture {
  const architecture = ARCHITECTURES[nodeArchitecture];
  if (architecture === undefined) {
    throw new KernelFactsError(`expected a host of architecture x64 or arm64, found ${nodeArchitecture}`);
  }
  return architecture;
}

/**
 * Returns how many CPUs a list such as `0-3,5` names. Per-CPU map values have room for this many
 * (num_possible_cpus()).
 */
export function countCpus(list: string): number {
  return list
    .trim()
    .split(",")
    .map((range) => range.split("-").map(Number))
    .reduce((count, [first = 0, last = first]) => count + last - first + 1, 0);
}

const AT_PAGESZ = 6n;

/**
 * Returns the page size from an auxiliary vector (`/proc/self/auxv`): pairs of u64, tag and value.
 * Returns 4096 if it has none.
 */
export function pageBytesOf(auxiliaryVector: Buffer): number {
  for (let at = 0; at + 16 <= auxiliaryVector.length; at += 16) {
    if (auxiliaryVector.readBigUInt64LE(at) === AT_PAGESZ) return Number(auxiliaryVector.readBigUInt64LE(at + 8));
  }
  return 4096;
}

const VMLINUX = "/sys/kernel/btf/vmlinux";

/** Returns the raw BTF of the running kernel. Throws KernelFactsError if it has none. */
export function readVmlinuxBtf(): Buffer {
  try {
    return readFileSync(VMLINUX);
  } catch (error) {
    const reason = errorText(error);
    throw new KernelFactsError(
      `this kernel has no type information: expected ${VMLINUX}, which a kernel built with CONFIG_DEBUG_INFO_BTF=y has (${reason})`,
      { cause: error },
    );
  }
}
