import { stackNames, type StackNames } from "./stack-names.ts";
import type { Symbols } from "../../bpf/kernel/symbols/symbols.ts";
import type { UserNames } from "./user-names.ts";

/** What numbers stand for on this host. */
export interface HostNames {
  readonly userName: UserNames;
  readonly symbols: Symbols;
}

/** What the numbers in keys and records of one rule stand for outside of it. */
export interface Names {
  readonly userName: UserNames;
  /** a kernel address as `function+12` */
  readonly kernelSymbol: (address: bigint) => string;
  readonly stack: StackNames;
}

/** @param readStack the entry of a stack's id in the rule's map `stacks` (layout: `STACKS`) */
export function ruleNames({ userName, symbols }: HostNames, readStack: (id: bigint) => Uint8Array | undefined): Names {
  return { userName, kernelSymbol: (address) => symbols.kernel(address), stack: stackNames(readStack, symbols) };
}
