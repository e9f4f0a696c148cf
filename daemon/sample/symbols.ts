/** A kernel address as `function+0x1f` (`function+0x1f [module]`), in hex where no function is known there. */
export type KernelSymbol = (address: bigint) => string;

/** Whose memory an address is of. */
export interface ProcessIdentity {
  readonly pid: number;
  /** CLOCK_BOOTTIME ns, 0 where it is not known: tells the process from a later one of the same id */
  readonly startNs: bigint;
}

/** Functions by their addresses. What cannot be named is shown in hex: it never throws. */
export interface Symbols {
  readonly kernel: KernelSymbol;
  /** addresses of one process, in their order */
  readonly user: (process: ProcessIdentity, addresses: readonly bigint[]) => readonly string[];
}

export const hex = (address: bigint): string => `0x${address.toString(16)}`;

/** Addresses as they are. */
export const NO_SYMBOLS: Symbols = { kernel: hex, user: (_, addresses) => addresses.map(hex) };
