import { stackNames, type StackNames } from "./stack-names.ts";
import type { Symbols } from "../../bpf/kernel/symbols/symbols.ts";
import type { CgroupPaths } from "./cgroup-paths.ts";
import type { UserNames } from "./user-names.ts";

/** The names for numbers on this host. */
export interface HostNames {
  readonly userName: UserNames;
  readonly cgroupPath: CgroupPaths;
  readonly symbols: Symbols;
  /** a clock whose zero does not matter */
  readonly nowMs: () => number;
}

/** The names for numbers in keys and records of one rule. */
export interface Names {
  readonly userName: UserNames;
  readonly cgroupPath: CgroupPaths;
  /** a kernel address as `function+12` */
  readonly kernelSymbol: (address: bigint) => string;
  readonly stack: StackNames;
}

/**
 * @param readStack returns the entry of a stack's id in the rule's map `stacks` (layout:
 *   `STACKS`)
 */
export function ruleNames(host: HostNames, readStack: (id: bigint) => Uint8Array | undefined): Names {
  const { cgroupPath, nowMs, symbols, userName } = host;
  const kernelSymbol = (address: bigint): string => symbols.kernel(address);
  return { userName, cgroupPath, kernelSymbol, stack: stackNames(readStack, symbols, nowMs) };
}
