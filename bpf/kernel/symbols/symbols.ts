/** A function, and the distance of an address from its start. */
export interface SymbolAt {
  readonly name: string;
  readonly offset: number;
}

/**
 * The meaning of an address. A caller's address is the one that the called function returns to,
 * after the call. The call may be the last instruction of its function, and then the next function
 * begins at that address.
 */
export type AddressKind = "exact" | "return";

/** The process whose memory an address is in. */
export interface ProcessIdentity {
  readonly pid: number;
  /**
   * CLOCK_BOOTTIME ns, 0 if not known: distinguishes the process from a later one of the same id
   */
  readonly startNs: bigint;
}

/** An address of a process's memory. */
export interface UserAddress {
  readonly address: bigint;
  readonly kind: AddressKind;
}

/**
 * Names functions by their addresses, as bpftrace writes them: `vfs_read+12`, and `ext4_file_open+3
 * [ext4]` in a module. If only the file is known, `[libc.so.6+0x1f0a2]`, an address in that file as
 * `addr2line` takes it. Otherwise the address.
 */
export interface Symbols {
  /** never throws */
  readonly kernel: (address: bigint, kind?: AddressKind) => string;
  /**
   * Names addresses of one process, in their order. What a process has mapped is read elsewhere and
   * can take long. Undefined if it could not be read. Never rejects.
   */
  readonly user: (
    process: ProcessIdentity,
    addresses: readonly UserAddress[],
  ) => Promise<readonly string[] | undefined>;
}

export const hex = (address: bigint): string => `0x${address.toString(16)}`;

/** Returns the last part of a mapping's name. */
export function fileName(name: string): string {
  return name
    .replace(/ \(deleted\)$/, "")
    .replace(/^.*\//, "")
    .replace(/[[\]]/g, "");
}

/** Shows addresses as numbers. */
export const NO_SYMBOLS: Symbols = {
  kernel: (address) => hex(address),
  user: async (_, addresses) => addresses.map(({ address }) => hex(address)),
};

/**
 * Finds the function of an address. For a caller's address it finds the function of the instruction
 * before.
 */
export function findAt(
  find: (address: bigint) => SymbolAt | undefined,
  address: bigint,
  kind: AddressKind = "exact",
): string | undefined {
  const before = kind === "return" ? 1 : 0;
  const found = find(address - BigInt(before));
  return found && `${found.name}+${found.offset + before}`;
}
