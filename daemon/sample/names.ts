import { stackNames, type StackNames } from "./stack-names.ts";
import type { CgroupPart } from "../../bpf/check/type.ts";
import type { Symbols } from "../../bpf/kernel/symbols/symbols.ts";
import type { CgroupPaths } from "./cgroup-paths.ts";
import { CGROUP_PARTS } from "./cgroup-parts.ts";
import type { ContainerNames } from "./container-names.ts";
import type { UserNames } from "./user-names.ts";

/** The names for numbers on this host. */
export interface HostNames {
  readonly userName: UserNames;
  readonly cgroupPath: CgroupPaths;
  readonly container: ContainerNames;
  readonly symbols: Symbols;
  /** a clock whose zero does not matter */
  readonly nowMs: () => number;
}

/** The names for numbers in keys and records of one rule. */
export interface Names {
  readonly userName: UserNames;
  /** the path of a cgroup, or the name of what runs in it; undefined if its path is unknown */
  readonly cgroup: (id: bigint, part: CgroupPart) => string | undefined;
  /** a kernel address as `function+12` */
  readonly kernelSymbol: (address: bigint) => string;
  readonly stack: StackNames;
}

/**
 * @param readStack returns the entry of a stack's id in the rule's map `stacks` (layout:
 *   `STACKS`)
 */
export function ruleNames(host: HostNames, readStack: (id: bigint) => Uint8Array | undefined): Names {
  const { cgroupPath, container, nowMs, symbols, userName } = host;
  const cgroup = (id: bigint, part: CgroupPart): string | undefined => {
    const path = cgroupPath(id);
    return path === undefined ? undefined : CGROUP_PARTS[part](path, container);
  };
  const kernelSymbol = (address: bigint): string => symbols.kernel(address);
  return { userName, cgroup, kernelSymbol, stack: stackNames(readStack, symbols, nowMs) };
}
