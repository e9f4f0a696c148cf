import { readFileSync } from "node:fs";
import { KernelFactsError } from "./kernel-facts-error.ts";
import type { Architecture } from "./kernel.ts";

const ARCHITECTURES: Readonly<Record<string, Architecture>> = { x64: "x86_64", arm64: "aarch64" };

/** The architecture by Node's name for it. Throws KernelFactsError for one that we have no registers for. */
export function architectureOf(nodeArchitecture: string): Architecture {
  const architecture = ARCHITECTURES[nodeArchitecture];
  if (architecture === undefined) {
    throw new KernelFactsError(`expected a host of architecture x64 or arm64, found ${nodeArchitecture}`);
  }
  return architecture;
}

/** How many CPUs a list such as `0-3,5` names; per-CPU map values have room for as many (num_possible_cpus()). */
export function countCpus(list: string): number {
  return list
    .trim()
    .split(",")
    .map((range) => range.split("-").map(Number))
    .reduce((count, [first = 0, last = first]) => count + last - first + 1, 0);
}

const AT_PAGESZ = 6n;

/** The page size from an auxiliary vector (`/proc/self/auxv`): pairs of u64, tag and value. 4096 where it does not say. */
export function pageBytesOf(auxiliaryVector: Buffer): number {
  for (let at = 0; at + 16 <= auxiliaryVector.length; at += 16) {
    if (auxiliaryVector.readBigUInt64LE(at) === AT_PAGESZ) return Number(auxiliaryVector.readBigUInt64LE(at + 8));
  }
  return 4096;
}

const VMLINUX = "/sys/kernel/btf/vmlinux";

/** The raw BTF of the running kernel. Throws KernelFactsError where it has none. */
export function readVmlinuxBtf(): Buffer {
  try {
    return readFileSync(VMLINUX);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KernelFactsError(
      `this kernel has no type information: expected ${VMLINUX}, which a kernel built with CONFIG_DEBUG_INFO_BTF=y has (${reason})`,
      { cause: error },
    );
  }
}
