/** A function, and how far into it an address lies. */
export interface SymbolAt {
  readonly name: string;
  readonly offset: number;
}

/**
 * How an address is meant. A caller's is where the function that it called will return to: behind the call, which may be the last
 * instruction of its function, so that the next function begins there.
 */
export type AddressKind = "exact" | "return";

/** Whose memory an address is of. */
export interface ProcessIdentity {
  readonly pid: number;
  /** CLOCK_BOOTTIME ns, 0 where it is not known: tells the process from a later one of the same id */
  readonly startNs: bigint;
}

/** An address of a process's memory. */
export interface UserAddress {
  readonly address: bigint;
  readonly kind: AddressKind;
}

/**
 * Functions by their addresses, as bpftrace writes them: `vfs_read+12`, of a module `ext4_file_open+3 [ext4]`; where only the file is
 * known `[libc.so.6+0x1f0a2]`, an address of that file as `addr2line` takes it; else the address.
 */
export interface Symbols {
  /** never throws */
  readonly kernel: (address: bigint, kind?: AddressKind) => string;
  /**
   * Those of one process, in their order. What a process has mapped is read elsewhere, and can take long: undefined where it could not be
   * read. Never rejects.
   */
  readonly user: (
    process: ProcessIdentity,
    addresses: readonly UserAddress[],
  ) => Promise<readonly string[] | undefined>;
}

export const hex = (address: bigint): string => `0x${address.toString(16)}`;

/** The last part of a mapping's name. */
export function fileName(name: string): string {
  return name
    .replace(/ \(deleted\)$/, "")
    .replace(/^.*\//, "")
    .replace(/[[\]]/g, "");
}

/** Addresses as they are. */
export const NO_SYMBOLS: Symbols = {
  kernel: (address) => hex(address),
  user: async (_, addresses) => addresses.map(({ address }) => hex(address)),
};

/** Looks for the function of an address; of a caller's, for that of the instruction before it. */
export function findAt(
  find: (address: bigint) => SymbolAt | undefined,
  address: bigint,
  kind: AddressKind = "exact",
): string | undefined {
  const before = kind === "return" ? 1 : 0;
  const found = find(address - BigInt(before));
  return found && `${found.name}+${found.offset + before}`;
}
